"""A stage that cannot drop a single row.

It looks like a safeguard but is none: `keep words(response) >= 0` is true for every text, `limit(10k)` changes nothing
for a source of 500 rows, and a share of at most 100% is no bound. Usually a number is wrong or a comparison is
reversed. The number of rows that can arrive is computed from inline rows, limits, the bounds of generations, and local
files.

Source: the ranges of functions, in `tunec ops functions`.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { filter { keep words(response) >= 0 } }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
    dataset rows from tasks { filter { keep words(response) >= 1 } }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.lint.bounds import most_rows
from tunec.compiler.lint.conditions import Bound, constraints_of, rules_of, verdict
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.view import Staged, View

CODE = "T318"
SEVERITY = "warning"


def check(view: View) -> Iterator[Finding]:
    """Rules that hold of every row, bounds above all that can be, lists of benchmarks with nothing in them."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            if stage.name == "filter":
                for rule, span in rules_of(view, stage):
                    holds = verdict(view, stage.node, rule.when)
                    if holds is not None and holds == (rule.verb == "keep"):
                        yield Finding("this rule is true for every row and drops nothing", span)
            yield from _whole(view, stage)


def _whole(view: View, stage: Staged) -> Iterator[Finding]:
    params = stage.node.params
    if stage.name == "limit":
        most = most_rows(view)[stage.node.inputs[0]]
        count = params["count"]
        if most is not None and isinstance(count, int) and count >= most:
            said = f"at most {most:,} row{'s arrive' if most != 1 else ' arrives'}"
            yield Finding(f"{said}, so `limit({count:,})` drops none", stage.head)
    if stage.name == "decontaminate" and params.get("against") == ():
        yield Finding("`decontaminate` without a benchmark finds nothing", stage.head)
    if stage.name == "balance":
        for bounds, span in constraints_of(view, stage):
            if all(_empty(bound) for bound in bounds):
                yield Finding("this bound always holds", span)


def _empty(bound: Bound) -> bool:
    return (bound.sign == ">=" and bound.limit == 0) or (
        bound.sign == "<=" and bound.limit == 1 and bound.measure == "share"
    )
