"""Measures what each rule of `decontaminate` finds of benchmark items in other words, and what it takes for one.

    python bench/contamination.py [--write docs/contamination.md] [--no-judge]

Leaks: HumanEval's and MMLU sociology's items rephrased by a model, in English, Python and Chinese, by the authors of
LLM-decontaminator (2311.04850). Innocent: 5,000 of Alpaca's rows, drawn by seed. The benchmark items are compared as
question alone, and as question with answer.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import polars as pl
from functions import wilson, write
from scored import context

from tunec.compiler.types import RowType
from tunec.runtime.base.context import Context
from tunec.runtime.ops.decontaminate.confirm import confirm
from tunec.runtime.ops.decontaminate.cosine import cosine
from tunec.runtime.ops.decontaminate.exact import exact
from tunec.runtime.ops.decontaminate.ngram import ngram
from tunec.runtime.ops.decontaminate.tokens import tokens
from tunec.runtime.ops.embedders.bundled import bundled as embedder
from tunec.runtime.ops.models.bundled import bundled as model
from tunec.runtime.rows.frame import derived
from tunec.runtime.store.store import Store

DATA = Path(__file__).parents[1] / "../shared/data"
INNOCENT = 5_000
Rule = Callable[[pl.Series, pl.Series], pl.DataFrame]


def leaks() -> pl.DataFrame:
    """The rephrased items: `text`, `item` (the benchmark's id of it), and the `kind`."""
    with gzip.open(DATA / "contamination/rephrased_A.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = pl.DataFrame([json.loads(line) for line in lines]).filter(~pl.col("empty"))
    kinds = {
        ("rephrase", "python"): "HumanEval, rephrased", ("rephrase", "en"): "MMLU sociology, rephrased",
        ("translation_qa", "zh"): "the same in Chinese, with the answer",
        ("translation_mcq", "zh"): "the same in Chinese, with the choices",
    }  # fmt: skip
    said = [kinds[pair] for pair in rows.select("kind", "language").iter_rows()]
    return rows.select("text", item=pl.col("benchmark_id"), kind=pl.Series(said))


def items() -> pl.DataFrame:
    """The originals: `item` and `text` as question, and as question with answer."""
    with gzip.open(DATA / "benchmarks/humaneval.jsonl.gz", "rt", encoding="utf-8") as lines:
        code = pl.DataFrame([json.loads(line) for line in lines])
    code = code.select(item="task_id", question="prompt", answer="canonical_solution")
    mmlu = pl.read_parquet(DATA / "benchmarks/mmlu_test.parquet").filter(pl.col("subject") == "sociology")
    chosen = [row[row["answer"]] for row in mmlu.iter_rows(named=True)]
    mmlu = mmlu.select(
        item=pl.concat_str("subject", "idx", separator="/"), question="question", answer=pl.Series(chosen)
    )
    both = pl.concat([code, mmlu])
    return both.with_columns(question_answer=pl.concat_str("question", "answer", separator="\n"))


def innocent() -> pl.Series:
    """The texts of Alpaca's rows that are drawn."""
    rows = pl.read_parquet(DATA / "instruct/alpaca_52k.parquet").sample(INNOCENT, seed=7)
    rows = rows.rename({"output": "response"}).with_columns(system=pl.lit(""))
    return rows.select(derived(RowType.INSTRUCTION, "text").alias("text"))["text"]


def rules(ctx: Context, judge: bool) -> dict[str, Rule]:
    """The layers, by how a spec writes them."""
    # Whatever share of random pairs reaches a threshold: that is what is measured.
    every = partial(cosine, false_positives=0.999, ctx=ctx)
    minilm, wide = embedder("all-minilm-l6-v2"), embedder("multilingual-e5-small")
    found: dict[str, Rule] = {
        "exact()": partial(exact, ctx=ctx),
        "ngram(13)": partial(ngram, n=13, ctx=ctx),
        "ngram(8)": partial(ngram, n=8, ctx=ctx),
        "tokens(10, share: 80%)": lambda texts, items: tokens(texts, items).filter("convicts"),
        "cosine(0.80)": partial(every, threshold=0.8, using=minilm),
        "cosine(0.70)": partial(every, threshold=0.7, using=minilm),
        "cosine(0.60)": partial(every, threshold=0.6, using=minilm),
        **{
            f"cosine({threshold:.2f}, using: e5)": partial(every, threshold=threshold, using=wide)
            for threshold in (0.92, 0.90, 0.88, 0.86, 0.84)
        },
    }
    if judge:
        smol = model("smollm2-135m-instruct")

        def asked(texts: pl.Series, items: pl.Series) -> pl.DataFrame:
            return confirm(texts, items, found["cosine(0.70)"](texts, items), smol, ctx=ctx)

        found["cosine(0.70), confirm(smollm2)"] = asked
    return found


def table(ctx: Context, judge: bool) -> list[str]:
    """The table: for each kind of leak the share whose item a rule finds, and how many innocent rows it convicts."""
    given, originals, others = leaks(), items(), innocent()
    kinds = given["kind"].unique(maintain_order=True).to_list()
    sizes = [given.filter(pl.col("kind") == kind).height for kind in kinds]
    heads = [f"{kind} ({size})" for kind, size in zip(kinds, sizes, strict=True)]
    lines = [
        f"| rule | compared with | {' | '.join(heads)} | convicted of {INNOCENT:,} Alpaca rows |",
        f"| --- | --- | {' | '.join('---:' for _ in heads)} | ---: |",
    ]
    for name, rule in rules(ctx, judge).items():
        for with_ in ("question", "question_answer"):
            print(name, with_, file=sys.stderr)
            shares = _recalls(rule, given, originals, with_, kinds)
            convicted = rule(others, originals[with_])["text"].n_unique()
            told = [
                f"{hits / of:.3f} ({low:.2f}–{high:.2f})" for hits, of in shares for low, high in [wilson(hits, of)]
            ]
            lines.append(f"| `{name}` | {with_.replace('_', ' and ')} | {' | '.join(told)} | {convicted:,} |")
    return lines


def _recalls(
    rule: Rule, given: pl.DataFrame, originals: pl.DataFrame, with_: str, kinds: Sequence[str]
) -> list[tuple[int, int]]:
    """Of each kind, how many texts are matched with the very item that they rephrase, and how many there are."""
    found = rule(given["text"], originals[with_])
    pairs = found.select(
        text=given["item"].gather(found["text"]), item=originals["item"].gather(found["item"]), number=found["text"]
    )
    right = set(pairs.filter(pl.col("text") == pl.col("item"))["number"].to_list())
    counted = []
    for kind in kinds:
        numbers = given["kind"].eq(kind).arg_true().to_list()
        counted.append((len(right & set(numbers)), len(numbers)))
    return counted


def main() -> None:
    """Measure, and print the table or write it where a document has the place for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="the document whose table is replaced")
    parser.add_argument("--no-judge", action="store_true", help="leave out the rule that asks a language model")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = table(context(Store(Path(folder))), not given.no_judge)
    print("\n".join(lines))
    if given.write:
        write(given.write, "leaks", lines)


if __name__ == "__main__":
    main()
