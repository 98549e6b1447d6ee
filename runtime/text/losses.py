"""Sources of which a stage drops a large part."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

#: More of a source than this is no longer what a person expects of a rule.
_LARGE = 0.3
#: Of fewer rows a share says nothing.
_LEAST = 10


@dataclass(frozen=True, slots=True)
class Lost:
    """How many rows of each source a stage was given, and how many each rule dropped, by origin and rule."""

    given: Counter[str] = field(default_factory=Counter)
    gone: Counter[tuple[str, str]] = field(default_factory=Counter)

    @staticmethod
    def of(origins: pl.Series, drops: pl.DataFrame) -> Lost:
        """What is lost of rows with these origins."""
        gone = drops.select("rule", origin=origins.gather(drops["row"])).group_by("origin", "rule").len()
        return Lost(
            Counter(dict(origins.value_counts().iter_rows())),
            Counter({(origin, rule): count for origin, rule, count in gone.iter_rows()}),
        )

    def __add__(self, other: Lost) -> Lost:
        return Lost(self.given + other.given, self.gone + other.gone)

    def notes(self) -> tuple[str, ...]:
        """A note for each source of which more than 30 % are dropped, with the rule that drops most of them. It names a
        source as operators know it: by the `origin` of its rows."""
        by_origin: dict[str, dict[str, int]] = {}
        for (origin, rule), count in self.gone.items():
            by_origin.setdefault(origin, {})[rule] = count
        notes = []
        for origin, rules in by_origin.items():
            count, whole = sum(rules.values()), self.given[origin]
            if count / whole > _LARGE and whole >= _LEAST:
                rule, most = min(rules.items(), key=lambda item: (-item[1], item[0]))
                notes.append(
                    f"{count / whole:.0%} of the rows of {origin} are dropped ({count:,} of {whole:,}), "
                    f"{most:,} by `{rule}`; `tunec why` shows them"
                )
        return tuple(sorted(notes))
