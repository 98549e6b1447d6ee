"""Which of several duplicates stays: the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import FloatColumn


@operator(version=1)
def best(score: FloatColumn) -> FloatColumn:
    """Keeps the duplicate with the highest score, or the first of equals.

    Args:
        score: the score to compare; a row without one is kept only if no row has one.

    Example:
        dedup(keep: best(quality)) { near(text) }
    """
    return score
