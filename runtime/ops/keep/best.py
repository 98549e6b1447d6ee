"""Which of several duplicates stays: the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import FloatColumn


@operator(version=1)
def best(score: FloatColumn) -> FloatColumn:
    """Of duplicates the one with the highest score stays, the first of equals.

    Args:
        score: what is compared; a row where it is missing stays last.

    Example:
        dedup(keep: best(quality)) { near(text) }
    """
    return score
