"""The rules of a block with their places, and what can be said of them before any row is seen."""

from __future__ import annotations

from tunec.compiler.graph import Lowered, Node
from tunec.compiler.lint.truth import truth
from tunec.compiler.lint.view import Staged, View
from tunec.dsl.source import Span


def rules_of(view: View, stage: Staged) -> tuple[tuple[Lowered, Span], ...]:
    """The lowered rules of a stage in the order of the text, and where each is written."""
    return view.builder.written.get(stage.node.id, ())


def verdict(view: View, node: Node, condition: Lowered) -> bool | None:
    """Whether a condition holds of all rows that arrive at a stage, of none, or whether it depends."""

    def asked(part: Lowered) -> bool | None:
        origin = origin_of(view, part)
        if origin is None:
            return None
        leaves = set(view.leaves(node.inputs[0]))
        holds = None if origin & leaves and leaves - origin else bool(origin & leaves)
        return holds if part["op"] == "==" or holds is None else not holds

    return truth(condition, asked)


def origin_of(view: View, condition: Lowered) -> set[str] | None:
    """The sources that `origin == NAME` or `origin != NAME` names."""
    if not isinstance(condition, dict) or condition.get("op") not in ("==", "!="):
        return None
    sides = (condition["left"], condition["right"])
    for one, other in (sides, sides[::-1]):
        if one == {"field": "origin"} and isinstance(other, dict) and "ref" in other:
            return set(view.leaves(other["ref"]))
    return None
