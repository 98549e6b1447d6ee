"""The ways from sources to a trained model that no check against a benchmark stands across."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tunec.compiler.graph import Node
from tunec.compiler.lint.view import View
from tunec.compiler.lowered import Lowered, Ref, references
from tunec.compiler.types import RowType
from tunec.dsl.record import record

#: Arguments of a source that do not change which items it holds.
_NEUTRAL = ("license", "limit", "on_error", "columns", "revision")


@record
class Open:
    """Where rows begin that reach a training unchecked, and each node on their way with the one after it. `near` are
    the checks on the way that are made against something else, or only report."""

    leaf: str
    after: Mapping[str, str | None]
    near: tuple[Node, ...]


def scored_items(view: View, on: Lowered) -> list[Node]:
    """The benchmarks behind what a measure is taken on: declared as such, or questions with an answer."""
    if not isinstance(on, Ref):
        return []
    return [node for leaf in view.leaves(on.node) if is_benchmark(view, node := view.nodes[leaf])]


def is_benchmark(view: View, node: Node) -> bool:
    """Whether a source holds items to score a model by."""
    declared = view.declaration(node.id)
    return (declared is not None and declared.item.kind == "benchmark") or node.rows == RowType.CHOICE


def unchecked(view: View, rows: str, benchmark: Node) -> Iterator[Open]:
    """Every beginning of rows that no `decontaminate` against the benchmark stands behind."""
    after: dict[str, str | None] = {rows: None}
    waiting = [rows]
    for current in waiting:  # grows while it is walked
        node = view.nodes[current]
        if node.op == "stages.decontaminate" and drops(node) and _against(view, node, benchmark):
            continue
        sources = view.sources_of(node)
        if not sources and not same_items(node, benchmark):
            yield Open(current, after, tuple(_checks(view, current, after)))
        for source in sources:
            if source not in after:
                after[source] = current
                waiting.append(source)


def drops(node: Node) -> bool:
    """Whether a `decontaminate` drops what it finds."""
    return bool(node.params.get("action") != "report")


def against(view: View, node: Node) -> list[Node]:
    """What a `decontaminate` compares with, back to the sources."""
    return [view.nodes[leaf] for ref in references(node.params.get("against")) for leaf in view.leaves(ref)]


def _against(view: View, node: Node, benchmark: Node) -> bool:
    return any(same_items(other, benchmark) and _as_many(other, benchmark) for other in against(view, node))


def same_items(one: Node, other: Node) -> bool:
    """Whether two sources read the same, however much of it."""
    if one.id == other.id:
        return True
    params = [{k: v for k, v in n.params.items() if k not in _NEUTRAL} for n in (one, other)]
    return one.op == other.op and params[0] == params[1]


def _as_many(checked: Node, scored: Node) -> bool:
    most, wanted = checked.params.get("limit"), scored.params.get("limit")
    return most is None or (isinstance(most, int) and isinstance(wanted, int) and most >= wanted)


def _checks(view: View, leaf: str, after: Mapping[str, str | None]) -> Iterator[Node]:
    current: str | None = leaf
    while current is not None:
        if view.nodes[current].op == "stages.decontaminate":
            yield view.nodes[current]
        current = after[current]
