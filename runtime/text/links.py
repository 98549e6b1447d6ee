"""What the rules of a `dedup` say about pairs of rows, put together.

Everything is an array: of each row and rule its class, 8 bytes, and of each pair 24 bytes; of rows that go, 40 bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.components import components

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


class Links:
    """The pairs of one rule. Rows that are the very same to it (value 1) form a class, named by its first row; a pair
    of two rows holds for their whole classes (`tunec.runtime.text.matches.pairs`)."""

    def __init__(self, rule: str, pairs: pl.DataFrame, rows: int) -> None:
        self.rule = rule
        self.rows = rows
        self.left = pairs["left"].to_numpy()
        self.right = pairs["right"].to_numpy()
        value = pairs["value"].to_numpy()
        self.threshold = pairs["threshold"][0] if "threshold" in pairs.columns and pairs.height else ""
        same = value == 1.0
        self.class_of = components(rows, self.left[same], self.right[same])
        ends = self.class_of[self.left[~same]], self.class_of[self.right[~same]]
        # Each pair of classes from either side, with the highest value of its pairs of rows.
        near = pl.DataFrame(
            {
                "own": np.concatenate(ends),
                "other": np.concatenate(ends[::-1]),
                "value": np.concatenate([value[~same]] * 2),
            }
        )
        near = near.filter(pl.col("own") != pl.col("other")).group_by("own", "other").agg(pl.col("value").max())
        near = near.sort("own", "other")
        self._own, self._other, self._value = (near[name].to_numpy() for name in ("own", "other", "value"))

    def near(self, own: int) -> list[tuple[float, int]]:
        """The classes that are near to one, each after its value."""
        start, end = np.searchsorted(self._own, (own, own + 1)).tolist()
        return list(zip(self._value[start:end].tolist(), self._other[start:end].tolist(), strict=True))

    def between(self, rows: I64, others: I64) -> F64:
        """The values of the rule for pairs of rows; not a number where it sees no duplicates."""
        a, b = self.class_of[rows], self.class_of[others]
        found = np.where(a == b, 1.0, np.nan)
        if len(self._own):
            keys, wanted = self._own * self.rows + self._other, a * self.rows + b
            place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            near = (keys[place] == wanted) & (a != b)
            found[near] = self._value[place[near]]
        return found

    def strongest(self, rows: I64) -> tuple[I64, F64]:
        """For each of these rows the other one that is nearest to it, the first of equals, and the value; not a number
        where there is none."""
        own = self.class_of[rows]
        partner, value = np.full(len(rows), -1), np.full(len(rows), np.nan)
        if len(self._own):
            order = np.lexsort((self._other, -self._value, self._own))
            known, first = np.unique(self._own[order], return_index=True)
            place = np.minimum(np.searchsorted(known, own), len(known) - 1)
            near = known[place] == own
            best = order[first[place[near]]]
            partner[near], value[near] = self._other[best], self._value[best]
        # The very same comes before: the first of the class, or of that the second.
        after = np.flatnonzero(self.class_of != np.arange(self.rows))
        second = np.full(self.rows, -1)
        second[self.class_of[after[::-1]]] = after[::-1]
        there = second[own] >= 0
        partner[there] = np.where(own == rows, second[own], own)[there]
        value[there] = 1.0
        return partner, value


def evidence(links: Sequence[Links], rows: I64, kept: I64) -> pl.DataFrame:
    """Why rows go: the rule that links each with the kept row of its group, the first of several by name, which is also
    the plainest (exact, near, semantic); where none does, the strongest link with another member. `links` are in the
    order of their names."""
    rule, value, partner = np.full(len(rows), -1), np.full(len(rows), np.nan), kept.copy()
    for number, link in enumerate(links):
        open_ = np.flatnonzero(rule < 0)
        direct = link.between(rows[open_], kept[open_])
        linked = open_[~np.isnan(direct)]
        rule[linked], value[linked] = number, direct[~np.isnan(direct)]
    open_ = np.flatnonzero(rule < 0)
    for number, link in enumerate(links if len(open_) else ()):
        other, measured = link.strongest(rows[open_])
        better = (measured > value[open_]) | (np.isnan(value[open_]) & ~np.isnan(measured))
        rule[open_[better]], value[open_[better]], partner[open_[better]] = number, measured[better], other[better]
    return gone(links, rows, rule, value, partner)


def gone(links: Sequence[Links], rows: I64, rule: I64, value: F64, partner: I64) -> pl.DataFrame:
    """Rows that go: by which rule, its value and threshold, as a duplicate of `partner`."""
    names = pl.Series("rule", [link.rule for link in links], dtype=pl.String)
    thresholds = pl.Series("threshold", [link.threshold for link in links], dtype=pl.String)
    return pl.DataFrame([pl.Series("row", rows), names.gather(rule), pl.Series("value", value),
                         thresholds.gather(rule), pl.Series("partner", partner)])  # fmt: skip
