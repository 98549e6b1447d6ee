"""Rows of several sources, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.compiler.graph import Node
from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.engine.mixed import mixed_columns
from tunec.runtime.engine.step import NodeKind, RowsMade, StepContext
from tunec.runtime.rows.dropped import nothing_dropped
from tunec.runtime.rows.frame import IDENTITY, widened
from tunec.runtime.sources.joining import Part, joined

if TYPE_CHECKING:
    import polars as pl


def _concat(context: StepContext, node: Node, given: pl.DataFrame | None) -> RowsMade:
    graph, parts = context.results.plan.graph, []
    for source in node.inputs:
        frame = context.results.rows(source)
        if node.rows is RowType.CHAT and "instruction" in frame.columns:
            frame = widened(frame)
        name = graph.origins.get(source, (graph.owners.get(source, source),))[0]
        parts.append(Part(name, frame, mixed_columns(context.results, source, context.mixed)))
    found = joined(parts)
    context.mixed[node.id] = found.mixed
    first = [*IDENTITY, *CONTENT[node.rows or RowType.TEXT]]
    rows = found.rows.select(*first, *sorted(c for c in found.rows.columns if c not in first))
    facts = {"mixed": dict(found.mixed)} if found.mixed else {}
    return RowsMade(rows, nothing_dropped(), given=rows.height, notes=found.notes, facts=facts)


KIND = NodeKind("concat", rows=_concat)
