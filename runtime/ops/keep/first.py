"""Which of several duplicates stays: the first."""

from __future__ import annotations

from tunec.runtime.operator import operator


@operator(version=1)
def first() -> None:
    """Of duplicates the one that comes first stays.

    Example:
        dedup(keep: first) { exact(prompt) }
    """
