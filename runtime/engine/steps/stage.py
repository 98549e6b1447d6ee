"""A stage: an operator on the rows that come before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.compiler.graph import Node
from tunec.compiler.types import RowType
from tunec.runtime.engine.step import NodeKind, RowsMade, StepContext
from tunec.runtime.rows.dropped import dropped_rows
from tunec.runtime.values import Outcome

if TYPE_CHECKING:
    import polars as pl

_BY_NUMBER = ("limit", "sample", "select", "mix", "review")


def _stage(context: StepContext, node: Node, given: pl.DataFrame | None) -> RowsMade:
    from tunec.runtime.text.losses import large_losses

    rows = context.results.rows(node.inputs[0]) if given is None else given
    outcome: Outcome = context.binder(node).stage(node.op, node.params, rows)
    drops = dropped_rows(rows, outcome.drops, context.results.origin(node.id), node.rows or RowType.TEXT)
    notes = outcome.notes
    # Of what is left empty the build says more; these are told how many rows to keep, or which.
    if outcome.rows.height and outcome.drops.height and node.op.removeprefix("stages.") not in _BY_NUMBER:
        notes = (*notes, *large_losses(rows, outcome.drops))
    facts = {"splits": dict(outcome.rows["split"].value_counts().iter_rows())} if node.op == "stages.split" else {}
    return RowsMade(
        outcome.rows,
        drops,
        rows.height,
        outcome.copies,
        notes,
        outcome.findings,
        hides=outcome.hides,
        facts=facts,
    )


KIND = NodeKind("stages", rows=_stage)
