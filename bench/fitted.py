"""Fits a rule on a real small pool, and tells its R2 and the error on subsets that were left out.

    python bench/fitted.py FOLDER [--subsets 12] [--rows 8] [--write docs/results.md]

The pool are rows of Alpaca in three sources of different quality: with the answers of GPT-4, with those of Alpaca, and
with the answers of other rows. Subsets are fused from them at random shares, SmolLM2-135M is fine-tuned on each, and
its loss is measured on human-written tasks. The folder keeps the trials: a run that is stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from functions import ALPACA, DATA, first_instances, tell

from tunec.facade import build

POOL = 60  # rows of each source
HELD = 8
LONGEST = 40  # words of an answer
SPEC = """
spec fitted(version: "0.1.0-dev", seed: 7, license: "CC-BY-NC-4.0")
source gpt4 = jsonl("gpt4.jsonl", format: alpaca, license: "CC-BY-NC-4.0")
source davinci = jsonl("davinci.jsonl", format: alpaca, license: "CC-BY-NC-4.0")
source shuffled = jsonl("shuffled.jsonl", format: alpaca, license: "CC-BY-NC-4.0")
source held_out = jsonl("held_out.jsonl", format: alpaca, license: "Apache-2.0")
model base = bundled("smollm2-135m-instruct")
embedder minilm = bundled("all-minilm-l6-v2")
rule fitted from [gpt4, davinci, shuffled] {{
    let length = words(response)
    let related = similarity(prompt, response, using: minilm)
    subsets({subsets}, rows: {rows})
    finetune(base, epochs: 1, batch_size: 4, max_length: 192, learning_rate: 5e-4)
    loss(on: held_out)
    least_squares()
}}
"""


def lay(folder: Path) -> None:
    """Write the sources: the same rows with three kinds of answers, and human-written tasks to measure on."""
    rows = pl.read_parquet(ALPACA).select("instruction", "input", davinci="output")
    better = pl.DataFrame(json.loads(gzip.decompress((DATA / "instruct/alpaca_gpt4_en_999.json.gz").read_bytes())))
    both = rows.join(better.rename({"output": "gpt4"}), on=["instruction", "input"], how="inner", maintain_order="left")
    short = both.filter(
        pl.all_horizontal(pl.col(name).str.split(" ").list.len().is_between(4, LONGEST) for name in ("gpt4", "davinci"))
    ).sample(3 * POOL, seed=3)
    parts = [short.slice(POOL * n, POOL) for n in range(3)]
    answers = [parts[0]["gpt4"], parts[1]["davinci"], parts[2]["davinci"].shuffle(seed=3)]
    for name, part, answer in zip(("gpt4", "davinci", "shuffled"), parts, answers, strict=True):
        part.select("instruction", "input", output=answer).write_ndjson(folder / f"{name}.jsonl")
    written = first_instances(DATA / "instruct/alpaca_seed_tasks_175.jsonl")
    fitting = [t for t in written if 4 <= len(t["output"].split()) <= LONGEST and len(t["input"].split()) <= LONGEST]
    pl.DataFrame(fitting[:HELD]).write_ndjson(folder / "held_out.jsonl")


def fitted(folder: Path, subsets: int, rows: int) -> dict[str, Any]:
    """The fit of a build in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lay(folder)
    (folder / "fitted.tune").write_text(SPEC.format(subsets=subsets, rows=rows), encoding="utf-8")
    version = build(folder / "fitted.tune", out=folder / "build", quiet=False).folder
    assert version is not None
    found: dict[str, Any] = json.loads((version / "rules/fitted.json").read_text(encoding="utf-8"))
    return found


def table(found: dict[str, Any]) -> Iterator[str]:
    """The lines of the table: the weights, and below them how far the rule is to be trusted."""
    yield "| | value | 95 % interval | p |"
    yield "| --- | ---: | --- | ---: |"
    for weight in found["weights"]:
        span = f"{weight['low']:+.4f} to {weight['high']:+.4f}"
        yield f"| `{weight['name']}` | {weight['value']:+.4f} | {span} | {weight['p']:.2g} |"
    yield f"| R2 (adjusted) of {found['subsets']} subsets | {found['r2']:.2f} ({found['r2_adjusted']:.2f}) | | |"
    yield f"| error on subsets left out | {found['error_left_out']:.4f} | | |"
    yield f"| error of always saying the mean | {found['error_of_mean']:.4f} | | |"


def main() -> None:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--subsets", type=int, default=12)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    tell(table(fitted(given.folder, given.subsets, given.rows)), "fitted", given.write)


if __name__ == "__main__":
    main()
