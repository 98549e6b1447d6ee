"""Tells every source which of its other columns are read, so that the rest is never loaded."""

from __future__ import annotations

from dataclasses import replace

from tunec.compiler.graph import Graph, with_nodes
from tunec.compiler.lowered import fields


def prune_columns(graph: Graph) -> Graph:
    """The graph with `columns` set on every connector: the names behind `meta.` that something downstream reads."""
    read: dict[str, set[str]] = {n.id: set() for n in graph.nodes}
    for node in reversed(graph.nodes):
        own = {f.removeprefix("meta.") for f in fields(node.params) if f.startswith("meta.")}
        read[node.id] |= own
        for source in node.inputs:
            read[source] |= read[node.id]
    changed = {
        n.id: replace(n, params={**n.params, "columns": tuple(sorted(read[n.id]))})
        for n in graph.nodes
        if n.op.startswith("connectors.")
    }
    return with_nodes(graph, changed)
