"""A stage: an operator on the rows that come before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node
from tunec.compiler.types import RowType
from tunec.runtime.engine.refill import Refilled, refilled
from tunec.runtime.engine.step import NodeKind, RowsMade, StepContext
from tunec.runtime.rows.dropped import dropped_rows

if TYPE_CHECKING:
    import polars as pl

_BY_NUMBER = ("limit", "sample", "select", "mix", "review")


def _stage(context: StepContext, node: Node, given: pl.DataFrame | None) -> RowsMade:
    import polars as pl

    from tunec.runtime.text.losses import large_losses

    rows = context.results.rows(node.inputs[0]) if given is None else given
    found = refilled(context, node, rows, lambda given: context.binder(node).stage(node.op, node.params, given))
    outcome, origin = found.outcome, context.results.origin(node.id)
    drops = pl.concat([*found.drops, dropped_rows(found.rows, outcome.drops, origin, node.rows or RowType.TEXT)])
    notes = (*outcome.notes, *_told(found, node))
    # Of what is left empty the build says more; these are told how many rows to keep, or which.
    if outcome.rows.height and outcome.drops.height and node.op.removeprefix("stages.") not in _BY_NUMBER:
        notes = (*notes, *large_losses(found.rows, outcome.drops))
    facts: dict[str, Any] = (
        {"splits": dict(outcome.rows["split"].value_counts().iter_rows())} if node.op == "stages.split" else {}
    )
    return RowsMade(
        outcome.rows,
        drops,
        rows.height,
        outcome.copies + found.made,
        notes,
        outcome.findings,
        hides=outcome.hides,
        facts=facts | ({"rounds": found.rounds} if found.rounds else {}),
        totals=found.totals,
        asked=pl.concat(found.asked) if found.asked else None,
    )


def _told(found: Refilled, node: Node) -> tuple[str, ...]:
    """What a person should know of rounds of a generation."""
    if not found.rounds:
        return ()
    made, arrived = (sum(r[name] for r in found.rounds) for name in ("made", "arrived"))
    many = f"{len(found.rounds)} round{'s' * (len(found.rounds) > 1)}"
    return (f"{many} of the generation made {made:,} more rows; {arrived:,} came to `{node.op.split('.')[1]}`",)


KIND = NodeKind("stages", rows=_stage)
