"""Text without blanks around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import TextExpr


@operator(version=1, cost="cheap", row_wise=True)
def strip(text: TextExpr) -> TextExpr:
    """The text without leading and trailing white space.

    Args:
        text: the text; a missing text gives a missing value.

    Example:
        set(response: strip(response))
    """
    return text.str.strip_chars()
