"""Which of several duplicates stays: the longest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import IntColumn, TextColumn


@operator(version=1)
def longest(text: TextColumn) -> IntColumn:
    """Keeps the duplicate with the most characters, or the first of equals.

    Args:
        text: the text to measure; a row without one is kept only if no row has one.

    Source: Platypus (2308.07317), `merged_largest_keep.py`.

    Example:
        dedup(keep: longest(response)) { exact(prompt) }
    """
    return text.str.len_chars()
