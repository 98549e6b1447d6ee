"""Names that are nearly right."""

from __future__ import annotations

from collections.abc import Iterable

from tunec.dsl.diagnostics import Edit, Fix
from tunec.dsl.source import Span


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The one candidate that was probably meant, or None where none is close."""
    from difflib import get_close_matches  # a spec without mistakes starts without it

    pool = sorted(set(candidates) - {name})
    folded = {c.lower(): c for c in reversed(pool)}
    if name.lower() in folded:
        return folded[name.lower()]
    swapped = [c for c in pool if sorted(c) == sorted(name)]
    if swapped:
        return swapped[0]
    found = get_close_matches(name, pool, n=1, cutoff=0.7)
    return found[0] if found else None


def suggestion(name: str, candidates: Iterable[str], span: Span) -> tuple[str, tuple[Fix, ...]]:
    """Help text and fix for a name that is nearly right; empty where nothing is close."""
    match = closest(name, candidates)
    if match is None:
        return "", ()
    return f"did you mean `{match}`?", (Fix(f"replace with `{match}`", (Edit(span, match),), safe=False),)
