"""Whether every value of a list is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import BoolExpr, BoolsExpr


@operator(version=1, cost="cheap", row_wise=True)
def all_(values: BoolsExpr) -> BoolExpr:
    """Whether every value of a list is true; true for an empty list.

    Args:
        values: a condition on the texts of a list, such as all responses of a chat; missing values are ignored.

    Example:
        drop all(refusal(responses))
    """
    return values.list.all()
