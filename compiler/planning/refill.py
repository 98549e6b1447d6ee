"""Which generation makes more rows for a stage that asks for them, and what these come through on their way."""

from __future__ import annotations

from collections.abc import Mapping

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Node
from tunec.compiler.planning.steps import row_wise
from tunec.dsl.record import record

#: Stages that look at all rows and yet may be given new ones beside those that were kept before.
_ADDING = ("stages.dedup", "stages.decontaminate", "stages.shuffle", "stages.check")


@record
class Way:
    """The generation, and the nodes after it, up to the stage that asks."""

    generation: Node
    nodes: tuple[Node, ...]


def way_of(nodes: Mapping[str, Node], stage: Node, catalogue: Catalogue) -> Way | str:
    """The way from the generation above a stage, or why there is none."""
    ways: list[list[Node]] = [[nodes[stage.inputs[0]]]]
    ends: list[list[Node]] = []
    while ways:
        way = ways.pop()
        head = way[-1]
        if head.op == "generate":
            ends.append(way)
        elif head.op == "concat":
            ways += [[*way, nodes[source]] for source in head.inputs]
        elif head.op.startswith("stages.") or head.op == "part":
            ways.append([*way, nodes[head.inputs[0]]])
    if not ends:
        return "no generation is above it"
    if len({way[-1].id for way in ends}) > 1:
        return "several generations are above it"
    if len(ends) > 1:
        return "the rows of the generation come in several ways"
    *between, generation = ends[0]
    for node in reversed(between):
        if not (node.op == "concat" or node.op in _ADDING or row_wise(node, catalogue)):
            name = "a split" if node.op == "part" else f"`{node.op.split('.')[-1]}`"
            return f"{name} stands before it, which chooses among all rows"
    return Way(generation, tuple(reversed(between)))
