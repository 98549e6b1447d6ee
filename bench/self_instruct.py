"""Counts what becomes of a small model's answers in the styles of self-instruct, by rule.

    python bench/self_instruct.py FOLDER [--requests 104] [--server URL]

FOLDER keeps the answers, so that a run that was interrupted goes on. The seeds are the 175 of Self-Instruct and BELLE's
175 in Chinese, the model is the bundled one of 135 million parameters, or what a server has (`llama-server -m` the same
weights answers many times as fast). A quarter of the requests ask in the paper's steps, half of them in each language.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import polars as pl

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
SEEDS = ROOT / "../shared/data/instruct"
ENGLISH, CHINESE = "alpaca_seed_tasks_175.jsonl", "belle_zh_seed_tasks_175.jsonl"
#: Name, seeds, how they are shown, what is novel, share of the requests.
RUNS = {
    "alpaca": (ENGLISH, "style: alpaca, demonstrations: 3", "rouge_l: 0.7", 1.0),
    "belle": (CHINESE, "style: belle, demonstrations: 3, count: 10", "bm25: 18", 1.0),
    "paper, English": (ENGLISH, "style: paper, count: 12", "rouge_l: 0.7", 0.5),
    "paper, Chinese": (CHINESE, "style: paper, count: 12", "rouge_l: 0.7", 0.5),
}
SPEC = """
spec measured(version: "1.0.0-dev", seed: 7, allow_empty: true)
seeds tasks = jsonl("{seeds}", format: self_instruct)
model base = {model}
generate made from tasks {{
    self_instruct(base, {style}, mode: completion, max_tokens: 192)
    novel(instruction, {novel})
    until(requests: {requests})
}}
dataset out from made {{ }}
"""


BUNDLED = 'bundled("smollm2-135m-instruct", temperature: 0.7)'
SERVED = 'openai("smollm2", base_url: "{}", temperature: 0.7, concurrency: 4)'


def run(folder: Path, name: str, requests: int, model: str) -> tuple[int, int, Counter[str]]:
    """The requests that were made, the rows that were accepted, and how many of what was read each rule dropped."""
    from tests.building import build

    seeds, style, novel, share = RUNS[name]
    here = folder / name.replace(", ", "-")
    here.mkdir(parents=True, exist_ok=True)
    (here / seeds).write_bytes((SEEDS / seeds).read_bytes())
    result = build(
        here, SPEC.format(seeds=seeds, style=style, novel=novel, requests=int(requests * share), model=model)
    )
    assert result.built is not None, result.problems
    built = result.built
    assert built.published is not None
    lines = pl.read_parquet(built.published.out / "ledger" / "out.parquet", glob=False)
    made = lines.filter(pl.col("parents").list.len() > 0)
    rules = Counter(made.filter(verdict="dropped")["rule"].to_list())
    log = json.loads((built.published.out / "run.json").read_text("utf-8"))
    return int(log.get("requests", {}).get("asked", 0)), made.filter(verdict="kept").height, rules


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests", type=int, default=104)
    parser.add_argument("--server", help="the address of a server that has the model")
    options = parser.parse_args()
    model = SERVED.format(options.server) if options.server else BUNDLED
    for name in RUNS:
        requests, rows, rules = run(options.folder, name, options.requests, model)
        print(f"\n{name}: {requests} requests now, {rows + rules.total()} tasks read, {rows} rows\n")
        for rule, count in rules.most_common():
            print(f"| {rule} | {count} |", flush=True)


if __name__ == "__main__":
    main()
