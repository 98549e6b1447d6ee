"""Which rows of a set with duplicates go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunec.runtime.text.components import components
from tunec.runtime.text.links import Evidence, Links, evidence
from tunec.runtime.text.matches import joined

F64 = NDArray[np.float64]


def grouped(links: Sequence[Links], priority: F64, fixed: int) -> dict[int, Evidence]:
    """The rows that go, and why, where of each connected group the row of the highest priority stays, the first of
    equals. The first `fixed` rows never go."""
    left, right = joined(link.left for link in links), joined(link.right for link in links)
    group = components(len(priority), left, right)
    order = np.lexsort((np.arange(len(priority)), -priority, group))
    _, first = np.unique(group[order], return_index=True)
    kept = np.zeros(len(priority), dtype=np.int64)
    kept[group[order[first]]] = order[first]
    stays = kept[group]
    gone = np.flatnonzero(stays != np.arange(len(priority)))
    return {int(row): evidence(links, int(row), int(stays[row])) for row in gone if row >= fixed}


def walked(links: Sequence[Links], priority: F64, fixed: int) -> dict[int, Evidence]:
    """The rows that go, and why, where rows are walked in the order of priority, and each stays that matches no row
    that stayed before. The first `fixed` rows never go."""
    kept_in: list[dict[int, int]] = [{} for _ in links]  # for each rule: class → the first row of it that stayed
    gone: dict[int, Evidence] = {}
    for row in np.lexsort((np.arange(len(priority)), -priority)).tolist():
        best: Evidence | None = None
        for link, kept in zip(links, kept_in, strict=True):
            own = int(link.class_of[row])
            near = [(1.0, own)] if own in kept else [(v, c) for c, v in link.near.get(own, {}).items() if c in kept]
            for value, other in near:
                found = Evidence(link.rule, value, link.threshold, kept[other])
                if best is None or (-value, found.rule, found.partner) < (-best.value, best.rule, best.partner):
                    best = found
        if best is not None and row >= fixed:
            gone[row] = best
            continue
        for link, kept in zip(links, kept_in, strict=True):
            kept.setdefault(int(link.class_of[row]), row)
    return gone
