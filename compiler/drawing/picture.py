"""What a drawing of a graph shows: a box a declaration, its stages inside, and arrows for what flows where."""

from __future__ import annotations

from tunec.compiler.graph import Graph, Node
from tunec.compiler.lowered import Call, Stage, expect, expect_all
from tunec.dsl.record import record
from tunec.dsl.secrets import masked

_KINDS = {"connectors": "source", "models": "model", "embedders": "embedder"}
_MOST = 6  # rules of one stage that are shown


@record
class Box:
    """A declaration: its name, its kind, and the lines for its stages and their rules."""

    name: str
    kind: str
    lines: tuple[str, ...]


@record
class Arrow:
    """Something flows from one box to another. Rows are drawn as a line, what is only looked at is dashed."""

    source: str
    target: str
    rows: bool


@record
class Picture:
    """Boxes, each after those that it needs, and arrows, in a fixed order."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def picture(graph: Graph) -> Picture:
    """The picture of a graph."""
    owner = {n.id: _owner(graph, n) for n in graph.nodes}
    lines: dict[str, list[str]] = {}
    kinds: dict[str, str] = {}
    arrows: dict[tuple[str, str], bool] = {}
    for node in graph.nodes:
        name = owner[node.id]
        lines.setdefault(name, []).extend(_lines(graph, node))
        kinds[name] = _kind(graph, node, kinds.get(name, ""))
        for place, source in enumerate(node.inputs):
            pair = (owner[source], name)
            if pair[0] != name:
                of_rows = place == (1 if node.op in ("train", "tokenizer") else 0) and node.op not in (
                    "evaluate",
                    "merge",
                )
                rows = node.op == "concat" or of_rows
                arrows[pair] = arrows.get(pair, False) or rows
    drawn = [Arrow(a, b, rows) for (a, b), rows in arrows.items()]
    return Picture(tuple(Box(n, kinds[n], tuple(lines[n])) for n in _ordered(list(lines), drawn)), tuple(drawn))


def _owner(graph: Graph, node: Node) -> str:
    if node.op == "part":
        # A split that somebody reads is a part of its data set.
        return _owner(graph, graph.node(node.inputs[0]))
    names = graph.origins.get(node.id)
    return " = ".join(names) if names else graph.owners.get(node.id, node.id)


def _kind(graph: Graph, node: Node, before: str) -> str:
    targets = {t.node: t.kind for t in graph.targets.values()}
    head = node.op.split(".")[0]
    return targets.get(node.id) or _KINDS.get(head) or ("generate" if node.op == "generate" else before or "dataset")


def _lines(graph: Graph, node: Node) -> list[str]:
    op = node.op.split(".")[-1]
    if node.op in ("concat", "part"):
        return []
    if node.op.startswith("connectors."):
        return [" ".join([op, ", ".join(map(masked, node.paths))]).strip()]
    if node.op.startswith(("models.", "embedders.")):
        return [f"{op} {node.params.get('id', '')}".strip()]
    if node.op == "generate":
        return [
            expect(Call, node.params["method"]).name,
            *(stage.op.split(".")[-1] for stage in expect_all(Stage, node.params["stages"])),
        ]
    if node.op == "train":
        return [expect(Call, node.params[part]).name for part in ("adapter", "objective")]
    if node.op == "tokenizer":
        return ["train_bpe"]
    if node.op == "merge":
        return [expect(Call, node.params["method"]).name]
    if node.op == "evaluate":
        return [call.name for call in expect_all(Call, node.params["measures"])]
    rules = [text for (place, text) in graph.rule_spans if place == node.id]
    more = [f"  … {len(rules) - _MOST} more"] if len(rules) > _MOST else []
    return [op, *(f"  {rule}" for rule in rules[:_MOST]), *more]


def _ordered(names: list[str], arrows: list[Arrow]) -> list[str]:
    """The names so that arrows point forward; ties, and boxes of which parts need each other, as they come."""
    order: list[str] = []
    waiting = list(names)
    while waiting:
        free = [n for n in waiting if all(a.source in order for a in arrows if a.target == n)] or waiting[:1]
        order += free
        waiting = [n for n in waiting if n not in free]
    return order
