"""Whether a text ends with another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import BoolExpr, TextExpr


@operator(version=1, cost="cheap", row_wise=True)
def ends_with(text: TextExpr, suffix: str) -> BoolExpr:
    """Whether a text ends with another text; case-sensitive.

    Args:
        text: the text to search; a missing text gives a missing value.
        suffix: the text to look for.

    Example:
        drop ends_with(response, ":")
    """
    return text.str.ends_with(suffix)
