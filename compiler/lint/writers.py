"""Which models write the rows of a generation, and which judge them."""

from __future__ import annotations

from collections.abc import Iterator

from tunec.compiler.graph import Node
from tunec.compiler.lint.view import View
from tunec.compiler.lowered import Call, Lowered, expect, references, walk

#: The argument of a method that names who judges, and writes nothing.
_JUDGE = "judge"


def method_of(generation: Node) -> Call:
    """The method of a `generate`."""
    return expect(Call, generation.params["method"])


def writers(view: View, generation: Node) -> list[Node]:
    """The models whose answers become rows."""
    method = method_of(generation)
    refs = [ref for name, value in method.args.items() if name != _JUDGE for ref in references(value)]
    return _models(view, refs)


def judges(view: View, value: Lowered) -> list[Node]:
    """The models that a method or the rules of a stage have judge."""
    found: list[str] = []
    for part in walk(value):
        if isinstance(part, Call) and part.operator == "functions.judge":
            found += references(part)
        elif isinstance(part, Call) and part.operator.startswith("methods."):
            found += references(part.args.get(_JUDGE))
    return _models(view, found)


def same(one: Node, other: Node) -> bool:
    """Whether two declarations are of the same model."""
    return one.op == other.op and all(
        one.params.get(name) == other.params.get(name) for name in ("id", "base_url", "path", "revision")
    )


def generations(view: View, node: str) -> Iterator[Node]:
    """The generations among the sources of a node's rows."""
    yield from (view.nodes[leaf] for leaf in view.leaves(node) if view.nodes[leaf].op == "generate")


def _models(view: View, refs: list[str]) -> list[Node]:
    nodes = (view.nodes[ref] for ref in dict.fromkeys(refs))
    return [node for node in nodes if node.op.startswith("models.")]
