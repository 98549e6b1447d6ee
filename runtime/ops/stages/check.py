"""A promise about the result."""

from __future__ import annotations

import operator as signs
from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Constraint, Outcome, Portions

_SIGNS = {"<=": signs.le, "<": signs.lt, ">=": signs.ge, ">": signs.gt, "==": signs.eq}


@operator(version=2, cost="cheap")
def check(rows: Portions, *, promise: Constraint) -> Outcome:
    """Fails the build if a bound does not hold for the rows, with the numbers and the stage that moved them.

    Nothing is published then. What was built so far is left in `OUT/NAME-unpublished`, for `why`, `report` and `diff`.
    A build with `--sample` only reports bounds on counts. Bounds are written with `<=`, `<`, `>=`, `>`, `==`, or `in`
    and a range.

    Example:
        check count(train) >= 10k
    """
    from tunec.runtime.base.values import Outcome, measured, no_drops
    from tunec.runtime.rows.portions import portioned

    for value, found in measured(promise, rows.height):
        if not all(_SIGNS[sign](found, bound) for sign, bound in promise.sides):
            said = f"{found:.2%}" if promise.measure == "share" else f"{found:,.0f}"
            about = "" if value is None else f" for {value!r}"
            message = f"check failed: {promise.text}, but it is {said}{about} of {rows.height:,} rows"
            broken = {"said": message, "value": value, "measure": promise.measure}
            return Outcome(portioned(rows).taken(), no_drops(), findings={"broken": broken})
    return Outcome(portioned(rows).taken(), no_drops())
