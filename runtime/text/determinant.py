"""Greedy choice by a determinantal point process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tunec.runtime.text.farthest import SCALE, fixed_point

if TYPE_CHECKING:
    from tunec.runtime.base.values import Progress

F64 = NDArray[np.float64]

_IN_MEMORY = 2**30  # bytes of factors; more of them lie in a temporary file
_NOTHING = 1e-10  # a share of the best quality, squared; what a row adds below it is rounding


def determinantal(
    vectors: NDArray[np.float16], quality: F64, scale: float, count: int, progress: Progress
) -> list[int]:
    """Numbers of vectors in the order in which greedy choice takes them; at most `count`, and none that adds nothing.

    The choice maximises the determinant of L, where L_ij = q_i q_j / (1 + d_ij² / scale²) for the Euclidean distance d
    of the vectors at length one. Each step takes the largest conditional variance, the first of equals, and updates the
    others by one row of the Cholesky factor. Only single additions, products and quotients of float64 are used, never
    a library's sum in an order of its own, so that the choice is the same on every machine.
    """
    points = fixed_point(vectors)
    wide = points.astype(np.float64)
    length = (wide * wide).sum(axis=1)  # whole numbers, exact
    best = quality.max(initial=0.0)
    if best <= 0:
        return []
    worth = quality / best
    left = worth * worth
    factors = _table(min(count, len(points)), len(points))
    product = np.empty(len(points))
    chosen: list[int] = []
    while len(chosen) < len(factors):
        place = int(np.argmax(left))
        if not left[place] > _NOTHING:
            break
        near = (points @ points[place]).astype(np.float64)
        apart = np.maximum(length + length[place] - 2 * near, 0) / SCALE**2
        row = worth * worth[place] / (1 + apart / (scale * scale))
        for earlier in factors[: len(chosen)]:
            np.multiply(earlier, earlier[place], out=product)
            row -= product
        row /= np.sqrt(left[place])
        factors[len(chosen)] = row
        chosen.append(place)
        left -= row * row
        left[place] = -np.inf
        if len(chosen) % 100 == 0:
            progress(len(chosen), count, "choosing rows")
    return chosen


def _table(rows: int, columns: int) -> F64:
    if rows * columns * 8 <= _IN_MEMORY:
        return np.empty((rows, columns))
    import tempfile

    with tempfile.TemporaryFile() as file:
        return np.memmap(file, dtype=np.float64, mode="w+", shape=(rows, columns))
