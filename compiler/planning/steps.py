"""Groups nodes into the steps that the engine runs and stores at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Graph, Node
from tunec.compiler.planning.order import of_all_rows
from tunec.dsl.record import record

#: Nodes that are not steps: values that are named, and views of the rows of another step.
_VIRTUAL = ("part",)
VALUES = ("models", "embedders")


@record
class Step:
    """Nodes that run in one go, in order. `id` is the last one's: its rows are what the step stores."""

    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]  # nodes of other steps (or views of them) that it reads

    @property
    def id(self) -> str:
        return self.nodes[-1].id

    @property
    def op(self) -> str:
        return self.nodes[-1].op


def is_value(node: Node) -> bool:
    """Whether a node names something instead of making rows."""
    return node.op.split(".")[0] in VALUES


def steps_of(graph: Graph, catalogue: Catalogue, targets: Iterable[str] | None = None) -> list[Step]:
    """The steps that the given targets need (all, without any), in the order in which they can run."""
    by_id = {n.id: n for n in graph.nodes}
    names = list(graph.targets) if targets is None else list(targets)
    ends = [graph.targets[name].node for name in names]
    wanted = _upstream(by_id, ends)
    readers = Counter(i for n in graph.nodes if n.id in wanted for i in n.inputs)
    # A dataset's last node is stored even where only one step reads it.
    pinned = {t.node for t in graph.targets.values()}
    groups: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node.id not in wanted or is_value(node) or node.op in _VIRTUAL:
            continue
        head = node.inputs[0] if node.inputs else ""
        joins = (
            row_wise(node, catalogue)
            and head in groups
            and groups[head][-1].id == head
            and readers[head] == 1
            and head not in pinned
            and (row_wise(by_id[head], catalogue) or by_id[head].op == "concat")
        )
        group = groups.pop(head) if joins else []
        group.append(node)
        groups[node.id] = group
    return _as_declared({s.id: s for s in map(_step, groups.values())}, by_id, ends)


def _as_declared(steps: dict[str, Step], by_id: dict[str, Node], ends: Iterable[str]) -> list[Step]:
    """Steps in an order that people expect: target after target, and before each what it needs."""
    done: dict[str, Step] = {}
    seen: set[str] = set()

    def visit(node: str) -> None:
        if node in seen:
            return
        seen.add(node)
        step = steps.get(node)
        for source in step.inputs if step is not None else by_id[node].inputs:
            visit(source)
        if step is not None:
            done[node] = step

    for end in ends:
        visit(end)
    return list(done.values())


def row_wise(node: Node, catalogue: Catalogue) -> bool:
    """Whether a node is a stage that looks at one row at a time."""
    alone = node.op.startswith("stages.") and catalogue.at(node.op).row_wise
    return alone and not of_all_rows(node.params, catalogue)


def _step(group: list[Node]) -> Step:
    inside = {n.id for n in group}
    inputs = dict.fromkeys(i for n in group for i in n.inputs if i not in inside)
    return Step(tuple(group), tuple(inputs))


def _upstream(by_id: dict[str, Node], ends: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    todo = list(ends)
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo += by_id[current].inputs
    return seen
