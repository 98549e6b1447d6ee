"""Counts what becomes of a small model's answers in the styles of self-instruct, by rule.

    python bench/self_instruct.py FOLDER [--requests 104] [--server URL] [--only alpaca]

FOLDER keeps the answers, so that a run that was interrupted goes on. The seeds are the 175 of Self-Instruct and BELLE's
175 in Chinese, the model is the bundled one of 135 million parameters, or what a server has (`llama-server -m` the same
weights answers many times as fast). For every request in the style of Alpaca there are one in BELLE's, and a half in
the paper's steps in each language. A task is parsed where its parts are found under the right headings; one that was
cut off by `max_tokens` is counted apart.
"""

from __future__ import annotations

import argparse
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
#: Rules that drop what is no whole task: what was cut off, and what has not the parts that it must have.
CUT, UNPARSED = "complete", ("Instruction, Input, Output under one number", "fields 指令, 输入, 输出", "answer")
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


def run(folder: Path, name: str, most: int, model: str) -> tuple[int, int, Counter[str]]:
    """The requests that were answered, the rows that were accepted, and how many of what was read each rule dropped."""
    from tests.building import build

    seeds, style, novel, share = RUNS[name]
    here = folder / name.replace(", ", "-")
    here.mkdir(parents=True, exist_ok=True)
    (here / seeds).write_bytes((SEEDS / seeds).read_bytes())
    result = build(here, SPEC.format(seeds=seeds, style=style, novel=novel, requests=int(most * share), model=model))
    assert result.built is not None, result.problems
    built = result.built
    assert built.published is not None
    lines = pl.read_parquet(built.published.out / "ledger" / "out.parquet", glob=False)
    made = lines.filter(pl.col("parents").list.len() > 0)
    rules = Counter(made.filter(verdict="dropped")["rule"].to_list())
    engine = built.engine
    requests = sum(engine.store.info(step.fingerprint).get("requests", 0) for step in engine.plan.steps)
    return requests, made.filter(verdict="kept").height, rules


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests", type=int, default=104)
    parser.add_argument("--server", help="the address of a server that has the model")
    parser.add_argument("--only", nargs="+", choices=list(RUNS), default=list(RUNS))
    options = parser.parse_args()
    model = SERVED.format(options.server) if options.server else BUNDLED
    for name in options.only:
        requests, rows, rules = run(options.folder, name, options.requests, model)
        whole = rows + rules.total() - rules[CUT]
        parsed = whole - sum(rules[rule] for rule in UNPARSED)
        print(
            f"\n{name}: {requests} requests, {whole} whole tasks and {rules[CUT]} cut off, "
            f"{parsed} parsed ({parsed / max(1, whole):.0%}), {rows} rows\n"
        )
        for rule, count in rules.most_common():
            print(f"| {rule} | {count} |", flush=True)


if __name__ == "__main__":
    main()
