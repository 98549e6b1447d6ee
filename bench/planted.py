"""Plants benchmark items among rows of Alpaca, and says which of them the check of the recipe `platypus` drops.

    python bench/planted.py [--write docs/contamination.md] [--rows 20000] [--store DIR]

The items are 200 questions of MMLU sociology. Each is planted once: 80 word for word, 80 reworded (one more word for
word where no rewording is known) and 40 translated to Chinese by a model (LLM-decontaminator, 2311.04850), with the
right answer as the response. Everything else that the check drops counts as a false positive. The recipe is built as it
is, but for its keywords. Its embedder is English: with 46 texts in Chinese or more the build would try it on them, and
stop.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from functions import ALPACA, DATA, wilson, write

import tunec

RECIPE = Path(__file__).parents[1] / "specs/recipes/platypus.tune"
SEED = 7


def items() -> pl.DataFrame:
    """The questions: `id`, `question`, `choices` and `answer`."""
    rows = pl.read_parquet(DATA / "benchmarks/mmlu_test.parquet").filter(pl.col("subject") == "sociology").head(200)
    chosen = pl.Series([row[row["answer"]] for row in rows.iter_rows(named=True)])
    named = pl.concat_str("subject", "idx", separator="/")
    return rows.select(named.alias("id"), "question", choices=pl.concat_list("A", "B", "C", "D"), answer=chosen)


def planted(asked: pl.DataFrame) -> Iterator[tuple[str, str, str]]:
    """How each item is planted: the class, the instruction and the response."""
    with gzip.open(DATA / "contamination/rephrased_A.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = {(row["benchmark_id"], row["language"], row["kind"]): row for row in map(json.loads, lines)}
    for number, item in enumerate(asked.iter_rows(named=True)):
        reworded = texts[item["id"], "en", "rephrase"]
        if number % 5 == 4:
            question, _, answer = texts[item["id"], "zh", "translation_qa"]["text"].partition("答案：")
            yield "translated to Chinese", question.strip(), answer
        elif number % 5 >= 2 and not reworded["empty"]:
            yield "reworded", reworded["text"], item["answer"]
        else:
            yield "word for word", item["question"], item["answer"]


def checked(folder: Path, store: Path, rows: int) -> pl.DataFrame:
    """The ledger of the recipe, with the class of each row: a planted one, or `Alpaca`."""
    asked = items()
    leaks = pl.DataFrame(list(planted(asked)), schema=["class", "instruction", "output"], orient="row")
    alpaca = pl.read_parquet(ALPACA).sample(rows, seed=SEED)
    own = alpaca.select(pl.lit("Alpaca").alias("class"), "instruction", "input", "output")
    every = pl.concat([own, leaks], how="diagonal").with_columns(pl.col("input").fill_null(""))
    every = every.sample(fraction=1.0, shuffle=True, seed=SEED)
    every.drop("class").write_ndjson(folder / "rows.jsonl")
    asked.drop("id").write_ndjson(folder / "items.jsonl")
    recipe, changed = re.subn(r"(?m)^const stem = .*$", 'const stem = r"."', RECIPE.read_text("utf-8"))
    assert changed == 1
    (folder / "platypus.tune").write_text(recipe, "utf-8")
    files = {"tasks_file": folder / "rows.jsonl", "exam_file": folder / "items.jsonl", "size": rows + 1000}
    built = tunec.build(folder / "platypus.tune", ["science"], store=store, out=folder / "build", quiet=False, **files)
    assert built.folder is not None
    ledger = pl.concat([pl.read_parquet(file) for file in (built.folder / "ledger").glob("science*.parquet")])
    return ledger.with_columns(every["class"].gather(ledger["position"]).alias("class"))


def table(ledger: pl.DataFrame) -> list[str]:
    """A line for each class: planted, already gone before the check, found by it, and by which rule."""
    heads = ("rows", "planted", "dropped before the check", "dropped by the check", "by `exact`", "by `cosine`")
    lines = [f"| {' | '.join(heads)} |", f"| --- |{' ---: |' * (len(heads) - 1)}"]
    rule = pl.col("rule").fill_null("")
    exact, near = rule == "exact()", rule.str.starts_with("cosine(")
    for name in ("word for word", "reworded", "translated to Chinese", "Alpaca"):
        own = ledger.filter(pl.col("class") == name)
        found = own.filter(exact | near)
        before = own.filter((pl.col("verdict") != "kept") & ~(exact | near)).height
        low, high = wilson(found.height, own.height - before)
        share = f"{found.height:,} = {found.height / (own.height - before):.2%} ({low:.2%}–{high:.2%})"
        counts = (own.height, before, share, found.filter(exact).height, found.filter(near).height)
        lines.append(f"| {name} | {' | '.join(f'{c:,}' if isinstance(c, int) else c for c in counts)} |")
    return lines


def main() -> None:
    """Print the table, or write it where a document has the place for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="the document whose table is replaced")
    parser.add_argument("--rows", type=int, default=20_000, help="rows of Alpaca")
    parser.add_argument("--store", type=Path, help="where vectors are kept, to go on after an interruption")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ledger = checked(folder, given.store or folder / "store", given.rows)
    print(ledger.filter(pl.col("verdict") != "kept").group_by("class", "rule").len().sort("class", "len"))
    lines = table(ledger)
    print("\n".join(lines))
    if given.write:
        write(given.write, "planted", lines)


if __name__ == "__main__":
    main()
