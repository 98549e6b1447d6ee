"""A stage: an operator on the rows that come before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node
from tunec.compiler.planning.refill import way_of
from tunec.compiler.types import RowType
from tunec.runtime.base.values import Outcome
from tunec.runtime.engine.refill import Refilled, refilled
from tunec.runtime.engine.step import NodeKind, PortionsMade, RowsMade, StepContext
from tunec.runtime.rows.dropped import Dropped, RowsLost, dropped_rows

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Rows

_BY_NUMBER = ("limit", "sample", "select", "mix", "review")


def _stage(context: StepContext, node: Node, given: pl.DataFrame | None) -> RowsMade:
    import polars as pl

    from tunec.runtime.text.losses import Lost

    rows = context.results.rows(node.inputs[0]) if given is None else given
    found = refilled(context, node, rows, lambda given: context.binder(node).stage(node.op, node.params, given))
    outcome, origin = found.outcome, context.results.origin(node.id)
    drops = pl.concat([*found.drops, dropped_rows(found.rows, outcome.drops, origin, node.rows or RowType.TEXT)])
    return RowsMade(
        outcome.rows,
        drops,
        rows.height,
        outcome.copies + found.made,
        (*outcome.notes, *_told(found, node)),
        outcome.findings,
        hides=outcome.hides,
        facts=_facts(node, outcome) | ({"rounds": found.rounds} if found.rounds else {}),
        totals=found.totals,
        asked=pl.concat(found.asked) if found.asked else None,
        lost=None if _by_number(node) else Lost.of(found.rows["origin"], outcome.drops),
        tally=outcome.tally,
        told=outcome.told,
    )


def _portions(context: StepContext, node: Node, given: Rows | None) -> PortionsMade | None:
    """A stage that reads its rows by the columns that it needs. None where it wants all of them, and where it may want
    more of a generation: such rows are few."""
    from tunec.runtime.rows.portions import portioned
    from tunec.runtime.text.losses import Lost

    operator, graph = context.catalogue.at(node.op), context.results.plan.graph
    if given is None or "Portions" not in (annotation for _, annotation in operator.supplied):
        return None
    if not isinstance(way_of({n.id: n for n in graph.nodes}, node, context.catalogue), str):
        return None
    outcome = context.binder(node).stage(node.op, node.params, given)
    drops, notes = outcome.drops, outcome.notes
    if drops["row"].n_unique() != drops.height:
        raise RowsLost("a row was dropped twice")
    if outcome.rows.height and drops.height and not _by_number(node):
        notes = (*notes, *Lost.of(given.column("origin"), drops).notes())
    return PortionsMade(
        portioned(outcome.rows),
        Dropped(given, drops, context.results.origin(node.id), node.rows or RowType.TEXT).parts,
        dict(drops["rule"].value_counts().iter_rows()),
        given.height,
        outcome.copies,
        notes,
        outcome.findings,
        _facts(node, outcome),
    )


def _by_number(node: Node) -> bool:
    """Whether a stage is told how many rows to keep, or which: of its losses nothing is said."""
    return node.op.removeprefix("stages.") in _BY_NUMBER


def _facts(node: Node, outcome: Outcome) -> dict[str, Any]:
    if node.op != "stages.split":
        return {}
    return {"splits": dict(outcome.rows.select("split").to_series().value_counts().iter_rows())}


def _told(found: Refilled, node: Node) -> tuple[str, ...]:
    """What a person should know of rounds of a generation."""
    if not found.rounds:
        return ()
    made, arrived = (sum(r[name] for r in found.rounds) for name in ("made", "arrived"))
    many = f"{len(found.rounds)} round{'s' * (len(found.rounds) > 1)}"
    return (f"{many} of the generation made {made:,} more rows; {arrived:,} came to `{node.op.split('.')[1]}`",)


KIND = NodeKind("stages", rows=_stage, portions=_portions)
