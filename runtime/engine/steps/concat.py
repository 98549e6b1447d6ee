"""Rows of several sources, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.compiler.graph import Node
from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.dropped import nothing_dropped
from tunec.runtime.engine.step import NodeKind, RowsMade, StepContext
from tunec.runtime.rows import IDENTITY, widened

if TYPE_CHECKING:
    import polars as pl


def _concat(context: StepContext, node: Node, given: pl.DataFrame | None) -> RowsMade:
    import polars as pl

    frames = []
    for source in node.inputs:
        frame = context.results.rows(source)
        if node.rows is RowType.CHAT and "instruction" in frame.columns:
            frame = widened(frame)
        frames.append(frame)
    joined = pl.concat(frames, how="diagonal_relaxed")
    first = [*IDENTITY, *CONTENT[node.rows or RowType.TEXT]]
    rows = joined.select(*first, *sorted(c for c in joined.columns if c not in first))
    return RowsMade(rows, nothing_dropped(), given=rows.height)


KIND = NodeKind("concat", rows=_concat)
