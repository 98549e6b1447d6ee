"""A filter that no row can pass.

A rule that is never true, or two that exclude each other, leave an empty data set, and everything after it is built for
nothing. Write conditions that can be true: a share of letters is never above 1, and no text has both more than ten
words and fewer than five.

Source: the ranges of functions, in `tunec ops functions`.

Example:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        filter {
            keep words(prompt) >= 10
            keep words(prompt) < 5
        }
    }

Instead:
    source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")

    dataset rows from tasks {
        filter {
            keep words(prompt) >= 5
            keep words(prompt) < 10
        }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.graph import canonical
from tunec.compiler.lint.conditions import rules_of, verdict
from tunec.compiler.lint.rule import Finding
from tunec.compiler.lint.truth import Interval, demanded
from tunec.compiler.lint.view import Staged, View
from tunec.compiler.lowered import to_json
from tunec.dsl.diagnostics import Label
from tunec.dsl.source import Span

CODE = "T319"
SEVERITY = "error"


def check(view: View) -> Iterator[Finding]:
    """Rules that hold of no row, and rules of one filter that cannot hold together."""
    for dataset in view.declared("dataset"):
        for stage in view.stages(dataset):
            if stage.name == "filter":
                alone = list(_alone(view, stage))
                yield from alone or _together(view, stage)
            if stage.name in ("limit", "select") and stage.node.params.get("count", stage.node.params.get("size")) == 0:
                yield Finding(f"`{stage.name}` keeps no rows", stage.head)


def _alone(view: View, stage: Staged) -> Iterator[Finding]:
    for rule, span in rules_of(view, stage):
        holds = verdict(view, stage.node, rule.when)
        if holds is not None and holds == (rule.verb == "drop"):
            yield Finding("this rule drops every row", span)


def _together(view: View, stage: Staged) -> Iterator[Finding]:
    """Demands on one value that leave no value: the first that meets nothing of what those before it have left."""
    left: dict[str, Interval] = {}
    ends: dict[tuple[str, bool], Span] = {}  # the rules that set the lower and the upper end
    for rule, span in rules_of(view, stage):
        demand = demanded(rule.when) if rule.verb == "keep" else None
        if demand is None:
            continue
        of, wanted = canonical(to_json(demand[0])), demand[1]
        before = left.get(of, Interval())
        now = left[of] = before.meets(wanted)
        if now.empty:
            upper = wanted.low >= before.high
            label = Label(ends.get((of, upper), span), "and this cannot both hold")
            yield Finding("no row can pass this filter", span, "this", (label,))
            return
        if now.high != before.high:
            ends[of, True] = span
        if now.low != before.low:
            ends[of, False] = span
