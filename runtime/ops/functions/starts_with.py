"""Whether a text starts with another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import BoolExpr, TextExpr


@operator(version=1, cost="cheap", row_wise=True)
def starts_with(text: TextExpr, prefix: str) -> BoolExpr:
    """Whether a text starts with another text; case-sensitive.

    Args:
        text: the text to search; a missing text gives a missing value.
        prefix: the text to look for.

    Example:
        drop starts_with(instruction, "Write a program")
    """
    return text.str.starts_with(prefix)
