"""Which rows of a set with duplicates go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.runtime.text.components import components
from tunec.runtime.text.links import Links, evidence, gone

F64 = NDArray[np.float64]


def grouped(links: Sequence[Links], priority: F64, fixed: int) -> pl.DataFrame:
    """The rows that go, and why (`links.gone`), where of each connected group the row of the highest priority stays,
    the first of equals. The first `fixed` rows never go."""
    nothing = np.empty(0, dtype=np.int64)
    left, right = (np.concatenate([nothing, *side]) for side in ((k.left for k in links), (k.right for k in links)))
    group = components(len(priority), left, right)
    del left, right
    order = np.lexsort((np.arange(len(priority)), -priority, group))
    _, first = np.unique(group[order], return_index=True)
    kept = np.zeros(len(priority), dtype=np.int64)
    kept[group[order[first]]] = order[first]
    del order, first
    stays = kept[group]
    rows = np.flatnonzero(stays != np.arange(len(priority)))
    rows = rows[rows >= fixed]
    return evidence(links, rows, stays[rows])


def walked(links: Sequence[Links], priority: F64, fixed: int) -> pl.DataFrame:
    """The rows that go, and why, where rows are walked in the order of priority, and each stays that matches no row
    that stayed before. The first `fixed` rows never go."""
    kept_in: list[dict[int, int]] = [{} for _ in links]  # for each rule: class → the first row of it that stayed
    found: list[tuple[int, int, float, int]] = []
    for row in np.lexsort((np.arange(len(priority)), -priority)).tolist():
        best: tuple[float, str, int, int] | None = None
        for number, (link, kept) in enumerate(zip(links, kept_in, strict=True)):
            own = int(link.class_of[row])
            near = [(1.0, own)] if own in kept else [(v, c) for v, c in link.near(own) if c in kept]
            for value, other in near:
                here = (-value, link.rule, kept[other], number)
                best = here if best is None else min(best, here)
        if best is not None and row >= fixed:
            value, _, partner, number = best
            found.append((row, number, -value, partner))
            continue
        for link, kept in zip(links, kept_in, strict=True):
            kept.setdefault(int(link.class_of[row]), row)
    found.sort()
    rows, rule, values, partners = (np.array(column) for column in (zip(*found, strict=True) if found else ((),) * 4))
    return gone(links, rows.astype(np.int64), rule.astype(np.int64), values, partners.astype(np.int64))
