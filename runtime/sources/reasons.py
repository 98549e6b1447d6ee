"""Why records were set aside: a reason that many records have is told once, with a count and the first locations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tunec.runtime.sources.reading import Unreadable

#: How many kinds a message names, and how many locations of each.
MOST, _PLACES = 5, 3


def told_reasons(bad: Sequence[Unreadable], locate: Callable[[int], str]) -> tuple[str, ...]:
    """A line for each kind of reason, the most frequent first: how many records, where the first are, and why. Reasons
    that differ in numbers alone are of one kind."""
    kinds: dict[str, list[Unreadable]] = {}
    for record in bad:
        kinds.setdefault(re.sub(r"\d+", "0", record.reason), []).append(record)
    ordered = sorted(kinds.values(), key=lambda records: -len(records))
    shown = [f"{_where(records, locate)}: {records[0].reason}" for records in ordered[:MOST]]
    rest = ordered[MOST:]
    count = sum(map(len, rest))
    return (*shown, *((f"{count:,} for {len(rest):,} other reason{'s' * (len(rest) > 1)}",) if rest else ()))


def _where(records: Sequence[Unreadable], locate: Callable[[int], str]) -> str:
    places = ", ".join(locate(record.number) for record in records[:_PLACES])
    return f"{len(records):,} at {places}{', …' if len(records) > _PLACES else ''}"
