"""What a judge says of two answers, `[[A]]`, `[[B]]` or `[[C]]` for a tie, and what it says in both orders."""

from __future__ import annotations

import re

_VERDICT = re.compile(r"\[\[\s*([ABC])\s*\]\]")


def verdict(text: str) -> str | None:
    """The last verdict in what a judge said; None where there is none."""
    found = _VERDICT.findall(text)
    return found[-1] if found else None


def won(there: str | None, back: str | None) -> float:
    """1 where an answer wins in both orders, 0 where it loses in both, one half else: `there` it stood first, `back`
    second. A judge who prefers what stands first decides nothing."""
    return {("A", "B"): 1.0, ("B", "A"): 0.0}.get((there or "C", back or "C"), 0.5)
