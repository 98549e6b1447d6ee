"""What can be said of a condition before any row is seen: that it always holds, never, or that it depends."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TypeGuard

from tunec.compiler.lowered import Binary, Call, Lowered, Range, Unary
from tunec.dsl.record import record

#: The values that a function of a row can have, both ends included.
_VALUES = {
    **dict.fromkeys(("words", "chars", "sentences", "tokens", "mtld", "perplexity"), (0.0, inf)),
    **dict.fromkeys(("alnum_ratio", "special_ratio", "repetition"), (0.0, 1.0)),
}
#: Functions that have a value for every text, so that a condition that always holds drops nothing at all.
_TOTAL = ("words", "chars", "sentences", "tokens")
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


@record
class Interval:
    """Numbers between two ends; `open_low` and `open_high` say that an end itself is not among them."""

    low: float = -inf
    high: float = inf
    open_low: bool = False
    open_high: bool = False

    @property
    def empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.open_low or self.open_high))

    def within(self, other: Interval) -> bool:
        """Whether every number of this is one of the other."""
        low = self.low > other.low or (self.low == other.low and (self.open_low or not other.open_low))
        high = self.high < other.high or (self.high == other.high and (self.open_high or not other.open_high))
        return self.empty or (low and high)

    def meets(self, other: Interval) -> Interval:
        """The numbers that are in both."""
        low, open_low = max((self.low, self.open_low), (other.low, other.open_low))
        high, closed = min((self.high, not self.open_high), (other.high, not other.open_high))
        return Interval(low, high, open_low, not closed)


def truth(condition: Lowered, asked: Callable[[Lowered], bool | None] = lambda _: None) -> bool | None:
    """True where the condition holds of every row whose values are known, False where of none, None otherwise.

    `asked` may know more about comparisons than their numbers tell.
    """
    if isinstance(condition, bool):
        return condition
    if isinstance(condition, Binary) and condition.op in ("and", "or"):
        sides = [truth(side, asked) for side in (condition.left, condition.right)]
        decisive = condition.op == "or"
        if decisive in sides:
            return decisive
        return None if None in sides else not decisive
    if isinstance(condition, Unary) and condition.op == "not":
        inner = truth(condition.operand, asked)
        return None if inner is None else not inner
    known = asked(condition)
    if known is not None:
        return known
    demand = demanded(condition)
    if demand is None:
        return None
    of, wanted = demand
    possible = values_of(of)
    if wanted.meets(possible).empty:
        return False
    return True if _total(of) and possible.within(wanted) else None


def demanded(condition: Lowered) -> tuple[Lowered, Interval] | None:
    """What a comparison with constants asks: of which value, and where it has to lie."""
    if not isinstance(condition, Binary):
        return None
    sign, left, right = condition.op, condition.left, condition.right
    if sign == "and":  # as `between` writes it
        both = [demanded(side) for side in (left, right)]
        if both[0] is not None and both[1] is not None and both[0][0] == both[1][0]:
            return both[0][0], both[0][1].meets(both[1][1])
        return None
    if sign == "in" and isinstance(right, Range):
        return left, Interval(-inf if right.low is None else right.low, inf if right.high is None else right.high)
    if sign not in ("<", "<=", ">", ">=", "=="):
        return None
    if _number(left) and not _number(right):
        sign, left, right = _FLIPPED[sign], right, left
    if not _number(right) or _number(left):
        return None
    end = float(right)
    return left, {
        "<": Interval(high=end, open_high=True),
        "<=": Interval(high=end),
        ">": Interval(low=end, open_low=True),
        ">=": Interval(low=end),
        "==": Interval(end, end),
    }[sign]


def values_of(value: Lowered) -> Interval:
    """Where the values of an expression can lie."""
    if isinstance(value, Call) and value.each is None:
        name = value.operator.removeprefix("functions.")
        if name in _VALUES:
            return Interval(*_VALUES[name])
    return Interval()


def _total(value: Lowered) -> bool:
    return isinstance(value, Call) and value.operator.removeprefix("functions.") in _TOTAL


def _number(value: Lowered) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
