"""Lower-cased text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import TextExpr


@operator(version=1, cost="cheap", row_wise=True)
def lower(text: TextExpr) -> TextExpr:
    """The text in lower case.

    Args:
        text: the text; a missing text gives a missing value.

    Example:
        drop lower(response) == "n/a"
    """
    return text.str.to_lowercase()
