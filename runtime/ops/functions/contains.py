"""Whether a text contains another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import BoolExpr, TextExpr


@operator(version=1, cost="cheap", row_wise=True)
def contains(text: TextExpr, needle: str) -> BoolExpr:
    """Whether a text contains another text; case-sensitive.

    Args:
        text: the text to search; a missing text gives a missing value.
        needle: the text to look for.

    Example:
        drop contains(response, "ChatGPT")
    """
    return text.str.contains(needle, literal=True)
