"""What a judge says of two answers, `[[A]]`, `[[B]]` or `[[C]]` for a tie, and what it says in both orders."""

from __future__ import annotations

import re
from collections.abc import Iterable

_VERDICT = re.compile(r"\[\[\s*([ABC])\s*\]\]")


def verdict(text: str) -> str | None:
    """The last verdict in what a judge said; None where there is none."""
    found = _VERDICT.findall(text)
    return found[-1] if found else None


def won(there: str | None, back: str | None) -> float:
    """1 where an answer wins in both orders, 0 where it loses in both, one half else: `there` it stood first, `back`
    second. A judge who prefers what stands first decides nothing."""
    return {("A", "B"): 1.0, ("B", "A"): 0.0}.get((there or "C", back or "C"), 0.5)


def by_order(pairs: Iterable[tuple[str | None, str | None]]) -> dict[str, tuple[int, int]]:
    """How far the order decided, of pairs of answers that were compared in both orders: what was the case of how
    many."""
    asked = list(pairs)
    whole = [pair for pair in asked if None not in pair]
    changed = [pair for pair in whole if pair not in (("A", "B"), ("B", "A"), ("C", "C"))]
    return {
        "pairs whose winner changes with the order": (len(changed), len(whole)),
        "pairs in which what stands first wins both times": (changed.count(("A", "A")), len(whole)),
        "pairs in which what stands second wins both times": (changed.count(("B", "B")), len(whole)),
        "pairs without a verdict in both orders": (len(asked) - len(whole), len(asked)),
    }
