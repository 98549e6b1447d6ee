"""A promise about the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import Constraint, Frame, Outcome


@operator(version=1, cost="cheap")
def check(rows: Frame, *, promise: Constraint) -> Outcome:
    """Fails the build, and reports the numbers, if a bound does not hold for the rows.

    Example:
        check count(train) >= 10k
    """
    from tunec.runtime.operator import CheckBroken
    from tunec.runtime.values import Outcome, measured, no_drops

    for value, found in measured(promise, rows.height):
        holds = {"<=": found <= promise.bound, ">=": found >= promise.bound, "==": found == promise.bound}
        if not holds[promise.operator]:
            said = f"{found:.2%}" if promise.measure == "share" else f"{found:,.0f}"
            about = "" if value is None else f" for {value!r}"
            raise CheckBroken(f"check failed: {promise.text}, but it is {said}{about} of {rows.height:,} rows")
    return Outcome(rows, no_drops())
