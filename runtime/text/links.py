"""What the rules of a `dedup` say about pairs of rows, put together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.components import components

I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a row is a duplicate of `partner`."""

    rule: str
    value: float
    threshold: str
    partner: int


class Links:
    """The pairs of one rule. Rows that are the very same to it (value 1) form a class; a pair of two rows holds for
    their whole classes (`tunec.runtime.text.matches.pairs`)."""

    def __init__(self, rule: str, pairs: pl.DataFrame, rows: int) -> None:
        self.rule = rule
        self.left = pairs["left"].to_numpy().astype(np.int64)
        self.right = pairs["right"].to_numpy().astype(np.int64)
        value = pairs["value"].to_numpy()
        self.threshold = pairs["threshold"][0] if "threshold" in pairs.columns and pairs.height else ""
        same = value == 1.0
        self.class_of = components(rows, self.left[same], self.right[same])
        self.members: dict[int, list[int]] = defaultdict(list)
        for row in np.unique(np.concatenate([self.left[same], self.right[same]])).tolist():
            self.members[int(self.class_of[row])].append(row)
        self.near: dict[int, dict[int, float]] = defaultdict(dict)
        ends = (self.class_of[self.left[~same]].tolist(), self.class_of[self.right[~same]].tolist())
        for a, b, v in zip(*ends, value[~same].tolist(), strict=True):
            self.near[a][b] = max(v, self.near[a].get(b, v))
            self.near[b][a] = self.near[a][b]

    def between(self, row: int, other: int) -> float | None:
        """The value of the rule for these two rows, None where it sees no duplicates."""
        a, b = int(self.class_of[row]), int(self.class_of[other])
        return 1.0 if a == b else self.near.get(a, {}).get(b)

    def strongest(self, row: int) -> Evidence | None:
        """The other row that is nearest to this one, the first of equals."""
        own = int(self.class_of[row])
        others = [m for m in self.members.get(own, ()) if m != row]
        if others:
            return Evidence(self.rule, 1.0, self.threshold, others[0])
        near = self.near.get(own)
        if not near:
            return None
        value, other = max((v, -c) for c, v in near.items())
        return Evidence(self.rule, value, self.threshold, -other)


def evidence(links: Sequence[Links], row: int, kept: int) -> Evidence:
    """Why `row` goes: the rule that links it with the kept row of its cluster, the first of several by name, which is
    also the plainest (exact, near, semantic); where none does, the strongest link with another member."""
    direct = [
        Evidence(link.rule, value, link.threshold, kept)
        for link in links
        if (value := link.between(row, kept)) is not None
    ]
    if direct:
        return min(direct, key=lambda e: e.rule)
    found = [e for link in links if (e := link.strongest(row)) is not None]
    return min(found, key=lambda e: (-e.value, e.rule))
