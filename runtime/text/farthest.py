"""Greedy farthest-first traversal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tunec.runtime.text.chosen import completed

if TYPE_CHECKING:
    from tunec.runtime.base.values import Progress

I64 = NDArray[np.int64]

#: Vectors are rounded to multiples of 1 / SCALE. A sum of products of such numbers is exact in float32 as long as it
#: stays below 2^24, and for vectors of length one it does: so every machine chooses the same rows, whatever the order
#: in which its linear algebra adds. The rounding moves a cosine by about 1e-4.
SCALE = 4000

_BLOCK = 8192  # vectors that are in float64 at once


def farthest_first(
    vectors: NDArray[np.float16], vector_of: I64, start: NDArray[np.uint64], count: int, progress: Progress
) -> I64:
    """Rows in the order in which they are chosen; at most `count`.

    `vectors` are distinct, `vector_of` gives each row's, -1 where it has none; the walk starts with the row of the
    lowest `start`. A row whose vector is chosen already comes after all others, and one without vector at the end.
    """
    rows = np.flatnonzero(vector_of >= 0)
    chosen: list[int] = []
    if len(rows) and count:
        first_row = np.full(len(vectors), len(vector_of), dtype=np.int64)
        np.minimum.at(first_row, vector_of[rows], rows)
        by_row = np.argsort(first_row)  # so that argmin finds the lowest row number of equals
        points = fixed_point(vectors[by_row])
        beginning = rows[np.lexsort((rows, start[rows]))[0]]
        chosen.append(int(beginning))
        place = int(np.flatnonzero(by_row == vector_of[beginning])[0])
        nearest = np.full(len(points), -np.inf, dtype=np.float32)
        for step in range(1, min(count, len(points))):
            np.maximum(nearest, points @ points[place], out=nearest)
            nearest[place] = np.inf
            place = int(np.argmin(nearest))
            chosen.append(int(first_row[by_row[place]]))
            if step % 500 == 0:
                progress(step, count, "choosing rows")
    return completed(chosen, vector_of, count)


def fixed_point(vectors: NDArray[np.float16]) -> NDArray[np.float32]:
    """Vectors of length one as whole numbers in float32, `SCALE` for 1."""
    points = np.empty(vectors.shape, dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        wide = vectors[start : start + _BLOCK].astype(np.float64)
        length = np.linalg.norm(wide, axis=1, keepdims=True)
        points[start : start + _BLOCK] = np.rint(wide / np.where(length > 0, length, 1) * SCALE)
    return points
