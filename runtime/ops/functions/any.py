"""Whether at least one value of a list is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import AnyExpr, BoolExpr


@operator(version=1, cost="cheap", row_wise=True)
def any_(values: AnyExpr) -> BoolExpr:
    """Whether at least one value of a list is true; of an empty list: false.

    Args:
        values: a condition over the texts of a list, such as all responses of a chat; a missing value is passed over.

    Example:
        drop any(refusal(responses))
    """
    return values.list.any()
