"""Which of several duplicates stays: the shortest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import IntColumn, TextColumn


@operator(version=1)
def shortest(text: TextColumn) -> IntColumn:
    """Keeps the duplicate with the fewest characters, or the first of equals.

    Args:
        text: the text to measure; a row without one is kept only if no row has one.

    Example:
        verify(keep: shortest(response)) { keep math_equal(response, meta.answer) }
    """
    return -text.str.len_chars().cast(int)
