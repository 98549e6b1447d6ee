"""Which of several duplicates stays: the first."""

from __future__ import annotations

from tunec.runtime.base.operator import operator


@operator(version=1)
def first() -> None:
    """Keeps the duplicate that comes first.

    Example:
        dedup(keep: first) { exact(prompt) }
    """
