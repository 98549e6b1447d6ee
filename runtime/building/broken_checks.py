"""Checks of the spec that do not hold: where, with which numbers, and which stage moved them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tunec.compiler import lowered
from tunec.compiler.graph import Node, parted
from tunec.compiler.lowered import Field, Let, expect, walk
from tunec.compiler.planning.order import COSTS, cost_of
from tunec.compiler.planning.plan import Planned
from tunec.compiler.wording import named_text, node_names, text_of
from tunec.dsl.diagnostics import Diagnostic, Label
from tunec.runtime.base.values import measured
from tunec.runtime.engine.step import StepContext
from tunec.runtime.engine.steps.concat import concat


class CheckBroken(Exception):
    """A `check` does not hold. `diagnostic` has the numbers; `folder` is where what was built is left to look at."""

    def __init__(self, diagnostic: Diagnostic, step: Planned) -> None:
        super().__init__("\n  ".join((diagnostic.message, *diagnostic.notes)))
        self.diagnostic = diagnostic
        self.step = step
        self.folder: Path | None = None


@dataclass(frozen=True, slots=True)
class _Measured:
    """What a constraint measured of the rows after a node."""

    node: Node
    found: float
    rows: int


def broken_check(context: StepContext, step: Planned) -> tuple[CheckBroken, bool] | None:
    """The check of a step that its rows do not fulfil, and whether it asks for a number of rows; None if it holds."""
    accounts = context.results.store.info(step.fingerprint).get("nodes", ())
    for node, account in zip(step.step.nodes, accounts, strict=False):
        found = account.get("findings", {}).get("broken")
        if node.op == "stages.check" and found is not None:
            return CheckBroken(_diagnostic(context, node, found), step), found["measure"] == "count"
    return None


def _diagnostic(context: StepContext, node: Node, found: dict[str, Any]) -> Diagnostic:
    graph = context.results.plan.graph
    promise = expect(lowered.Constraint, node.params["promise"])
    text = text_of(promise, context.catalogue)
    notes: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    before = list(_before(context, node, promise, found))
    now = before[0].found if before else 0.0
    moves = [(_worse(promise, late.found - early.found, now), early, late) for late, early in pairwise(before)]
    worst = max(moves, key=lambda move: move[0], default=None)
    if worst is not None and worst[0] > 0:
        _, early, late = worst
        moving = _moving(context, late.node)
        stages = ", ".join(dict.fromkeys(f"`{node.op.split('.')[-1]}`" for node in moving))
        sides = f"from {_said(promise, early)} to {_said(promise, late)}"
        notes = (f"moved: {stages} took it {sides}",)
        labels = tuple(Label(graph.spans[node.id], sides) for node in moving)
    elif len(before) > 1:
        notes = (f"no stage moved it: it is {_said(promise, before[-1])} where the data set begins",)
    span = graph.rule_spans.get((node.id, text), graph.spans[node.id])
    said = str(found["said"]).replace(text, named_text(promise, context.catalogue, node_names(graph)))
    return Diagnostic("T902", said, span, labels=labels, notes=notes)


def _moving(context: StepContext, last: Node) -> list[Node]:
    """The stages of the step that ends in this node which dropped or made rows, or changed what they say."""
    step = next(s for s in context.results.plan.steps if s.step.id == last.id)
    accounts = context.results.store.info(step.fingerprint).get("nodes", ())
    moving = [
        node
        for node, account in zip(step.step.nodes, accounts, strict=False)
        if node.op.startswith("stages.")
        and (account["dropped"] or account["made"] or context.catalogue.at(node.op).changes_text)
    ]
    return moving or [last]


def _worse(promise: lowered.Constraint, change: float, now: float) -> float:
    """How far a change moved what is measured now away from its bound, or from the nearer of two."""
    sign, _ = min(promise.sides, key=lambda side: abs(now - side[1]))
    return {"<": change, ">": -change, "=": abs(change)}[sign[0]]


def _said(promise: lowered.Constraint, one: _Measured) -> str:
    return f"{one.found:.2%} of {one.rows:,}" if promise.measure == "share" else f"{one.found:,.0f} of {one.rows:,}"


def _before(
    context: StepContext, node: Node, promise: lowered.Constraint, found: dict[str, Any]
) -> Iterator[_Measured]:
    """What the check measures after each stage of its data set, the last first, as far up as it can be computed from
    what is stored, without asking a model about rows that are gone."""
    if COSTS.index(cost_of(promise, context.catalogue)) > COSTS.index("index"):
        return
    graph, results = context.results.plan.graph, context.results
    stored = {s.step.id for s in results.plan.steps}
    owner, _ = parted(graph.owners.get(node.id, ""))  # earlier stages may depend on fewer of the varied names
    while node.inputs and parted(graph.owners.get(node.id, ""))[0] == owner and node.op.startswith("stages."):
        node = graph.node(node.inputs[0])
        if node.id in stored:
            rows = results.rows(node.id)
        elif node.op == "concat":
            # Rows of several sources are part of the step of the stages that follow.
            rows = concat(context, node, None).rows
        else:
            continue
        parts = list(walk(promise.of))
        needed = {p.name for p in parts if isinstance(p, Let) or (isinstance(p, Field) and p.name == "split")}
        if not needed <= set(rows.columns):
            return
        values = dict(measured(context.binder(node).constraint(promise, rows), rows.height))
        yield _Measured(node, values.get(found["value"], 0.0), rows.height)
