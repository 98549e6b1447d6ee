"""Vectors that keep a distance from one another, walked in an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tunec.runtime.text.vectors import close, quiet

if TYPE_CHECKING:
    from tunec.runtime.base.values import Progress

I64 = NDArray[np.int64]

_BLOCK = 1024


def apart(vectors: NDArray[np.float16], order: I64, cosine: float, count: int, progress: Progress) -> list[int]:
    """Places in `order`, which holds numbers of vectors, that stay when it is walked and each vector is kept whose
    cosine with no vector kept before is above the threshold; the walk ends with `count` of them."""
    kept: list[int] = []
    for start in range(0, len(order), _BLOCK):
        progress(len(kept), count, "choosing rows")
        part = order[start : start + _BLOCK]
        block = vectors[part]
        # The same vector has cosine 1, however its own product with itself is rounded.
        near = _too_near(block, vectors[order[kept]], cosine, part, order[kept])
        inside = _too_near(block, block, cosine, part, part)
        blocked = np.zeros(len(part), dtype=np.bool_)
        blocked[near[0]] = True
        later: dict[int, list[int]] = {}
        for a, b in zip(inside[0].tolist(), inside[1].tolist(), strict=True):
            if a < b:
                later.setdefault(a, []).append(b)
        for place in range(len(part)):
            if blocked[place]:
                continue
            kept.append(start + place)
            if len(kept) == count:
                return kept
            blocked[later.get(place, [])] = True
    return kept


def _too_near(
    left: NDArray[np.float16], right: NDArray[np.float16], cosine: float, numbers: I64, others: I64
) -> tuple[I64, I64]:
    a, b, value = close(left, right, cosine, quiet)
    value = np.where(numbers[a] == others[b], 1.0, np.minimum(value, np.nextafter(1.0, 0.0)))
    over = value > cosine
    return a[over], b[over]
