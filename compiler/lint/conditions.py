"""The rules of a block with their places, and what can be said of them before any row is seen."""

from __future__ import annotations

from typing import TypeVar

from tunec.compiler.graph import Node
from tunec.compiler.lint.truth import truth
from tunec.compiler.lint.view import Staged, View
from tunec.compiler.lowered import Binary, Constraint, Field, Lowered, Ref, Rule, expect
from tunec.compiler.types import RowType
from tunec.dsl.record import record
from tunec.dsl.source import Span

Kind = TypeVar("Kind")


def rules_of(view: View, stage: Staged) -> list[tuple[Rule, Span]]:
    """The rules of a `filter` in the order of the text, and where each is written."""
    return _written(view, stage, Rule)


@record
class Bound:
    """A constraint with one number: of the two ends of a range, one."""

    measure: str
    of: Lowered
    sign: str
    limit: float

    @property
    def upper(self) -> bool:
        """Whether it says how much there may be at most; `==` says both."""
        return self.sign[0] in "<="

    @property
    def lower(self) -> bool:
        """Whether it says how much there must be at least; `==` says both."""
        return self.sign[0] in ">="

    @property
    def strict(self) -> bool:
        """Whether the limit itself is excluded."""
        return self.sign in ("<", ">")


def constraints_of(view: View, stage: Staged) -> list[tuple[tuple[Bound, ...], Span]]:
    """The constraints of a `balance` in the order of the text, and where each is written."""
    return [(bounds_of(rule), span) for rule, span in _written(view, stage, Constraint)]


def bounds_of(rule: Constraint) -> tuple[Bound, ...]:
    """A constraint as bounds with one number each."""
    return tuple(Bound(rule.measure, rule.of, sign, limit) for sign, limit in rule.sides)


def _written(view: View, stage: Staged, kind: type[Kind]) -> list[tuple[Kind, Span]]:
    return [(expect(kind, rule), span) for rule, span in view.builder.written.get(stage.node.id, ())]


def verdict(view: View, node: Node, condition: Lowered) -> bool | None:
    """Whether a condition holds of all rows that arrive at a stage, of none, or whether it depends."""

    def asked(part: Lowered) -> bool | None:
        origin = origin_of(view, part)
        if isinstance(part, Binary) and part.op in ("==", "!=") and _is_always_there(node, part):
            return part.op == "!="
        if origin is None or not isinstance(part, Binary):
            return None
        leaves = set(view.leaves(node.inputs[0]))
        some = leaves - origin or is_of_a_part(view, part)
        holds = None if origin & leaves and some else bool(origin & leaves)
        return holds if part.op == "==" or holds is None else not holds

    return truth(condition, asked)


#: The fields that every row of a type has. The others may be missing.
_ALWAYS = {
    RowType.TEXT: ("text",),
    RowType.INSTRUCTION: ("instruction", "response", "prompt", "text"),
    RowType.CHAT: ("messages", "text", "turns"),
    RowType.PREFERENCE: ("messages", "chosen", "rejected", "text", "turns"),
    RowType.RATED: ("messages", "completion", "text", "turns"),
    RowType.CHOICE: ("question", "answer", "prompt", "response", "text"),
    RowType.TASK: ("prompt", "text", "turns"),
}


def _is_always_there(node: Node, part: Binary) -> bool:
    """Whether a comparison with `none` asks of something that no row lacks."""
    sides = (part.left, part.right)
    known = ("id", "origin", *(_ALWAYS[node.rows] if node.rows is not None else ()))
    return None in sides and any(isinstance(side, Field) and side.name in known for side in sides)


def origin_of(view: View, condition: Lowered) -> set[str] | None:
    """The sources that `origin == NAME` or `origin != NAME` names."""
    named = _named(condition)
    return None if named is None else set(view.leaves(named))


def is_of_a_part(view: View, condition: Lowered) -> bool:
    """Whether that name is one of a data set or of a part of a source, which has some of the rows of its sources."""
    named = _named(condition)
    return named is not None and view.leaves(named) != (named,)


def _named(condition: Lowered) -> str | None:
    if not isinstance(condition, Binary) or condition.op not in ("==", "!="):
        return None
    sides = (condition.left, condition.right)
    for one, other in (sides, sides[::-1]):
        if one == Field("origin") and isinstance(other, Ref):
            return other.node
    return None
