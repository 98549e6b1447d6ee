"""Puts the graph together from what the declarations of a spec became."""

from __future__ import annotations

from collections.abc import Mapping

from tunec.compiler.elaborate.builder import Builder
from tunec.compiler.elaborate.kinds import target_kinds
from tunec.compiler.graph import Graph, Node, Target
from tunec.compiler.lowered import Json, entries_to_json
from tunec.dsl.secrets import masked


def assemble(builder: Builder, spec: Mapping[str, Json]) -> Graph:
    """The graph of a spec without errors."""
    targets: dict[str, Target] = {}
    origins: dict[str, tuple[str, ...]] = {}
    for name, item in builder.program.declared.items():
        entity = builder.entities[name]
        if entity.declared in target_kinds() and entity.node:
            targets[name] = Target(entity.declared, entity.node, masked(item.doc), entity.parts)
        elif entity.kind in ("rows", "model", "embedder"):
            origins[entity.node] = (*origins.get(entity.node, ()), name)
    return Graph(
        spec,
        entries_to_json(builder.params),
        in_order(builder.nodes),
        builder.spans,
        targets,
        origins,
        builder.rule_spans,
        builder.labels,
        builder.owners,
    )


def in_order(nodes: Mapping[str, Node]) -> tuple[Node, ...]:
    """Inputs first, otherwise by id: an order that depends on nothing else."""
    done: dict[str, Node] = {}
    waiting = [(node_id, False) for node_id in sorted(nodes, reverse=True)]
    while waiting:  # a stack of its own: a data set may have more stages than Python has frames
        node_id, ready = waiting.pop()
        if node_id in done:
            continue
        if ready:
            done[node_id] = nodes[node_id]
            continue
        waiting.append((node_id, True))
        waiting += [(i, False) for i in sorted(nodes[node_id].inputs, reverse=True) if i not in done]
    return tuple(done.values())
