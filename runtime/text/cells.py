"""Close vectors found through cells: nearly all pairs, in a small part of the time that all comparisons take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tunec.runtime.text.farthest import fixed_point
from tunec.runtime.text.kmeans import centres_of
from tunec.runtime.text.matches import joined
from tunec.runtime.text.vectors import F16, F64, I64, close, close_pairs, quiet

if TYPE_CHECKING:
    from tunec.runtime.base.values import Progress

F32 = NDArray[np.float32]

_IN_A_CELL = 256  # vectors of a cell, on average
_VISITED = 8  # cells that a vector is compared in
_TRAINED_ON = 64  # vectors for each cell that decide where it lies
_ROUNDS = 4  # of k-means; more of them find no more pairs
_BLOCK = 2**23  # cosines that are there at once


def nearly_all_close_pairs(vectors: F16, threshold: float, progress: Progress) -> tuple[I64, I64, F64]:
    """Pairs (left < right, cosine) of distinct vectors with a cosine of at least the threshold, by position.

    Each vector belongs to the cell whose centre is nearest, and is compared with the vectors of the `_VISITED` cells
    whose centres are nearest; k-means places the centres. What is given is exact, as `close_pairs` has it; what is
    missing is a pair neither of which visits the cell of the other. Centres, vectors and their products are whole
    numbers (see `tunec.runtime.text.farthest`), so that every machine finds the same pairs.

    Source: the inverted file of Sivic and Zisserman (2003), with several cells a query as in Jégou, Douze and Schmid
    (2011), section IV.
    """
    count = len(vectors) // _IN_A_CELL
    if count < 2:
        return close_pairs(vectors, threshold, progress)
    few = count * _TRAINED_ON
    centres = centres_of(vectors[np.arange(few) * len(vectors) // few], count, _ROUNDS)
    home, visitors, visited = _visits(vectors, centres, progress)
    guests, hosts = _by_cell(visited, visitors, count), _by_cell(home, np.arange(len(vectors)), count)
    keys: list[I64] = []
    values: list[F64] = []
    for number, (left, right) in enumerate(zip(guests, hosts, strict=True)):
        progress(number, count, "comparing vectors")
        a, b, value = close(vectors[left], vectors[right], threshold, quiet)
        a, b = left[a], right[b]
        other = a != b
        keys.append((np.minimum(a, b) * len(vectors) + np.maximum(a, b))[other])
        values.append(value[other])
    # Most pairs visit each other's cell, and are found twice.
    key, first = np.unique(joined(keys), return_index=True)
    value = np.concatenate([np.empty(0), *values])[first]
    return key // len(vectors), key % len(vectors), np.minimum(value, np.nextafter(1.0, 0.0))


def _visits(vectors: F16, centres: F32, progress: Progress) -> tuple[I64, I64, I64]:
    """The cell of each vector, and visitor and cell of each visit. Of centres equally near the first is home, and all
    that are as near as the last one are visited."""
    homes, visitors, visited = [], [], []
    size = max(_BLOCK // len(centres), 1)
    most = min(_VISITED, len(centres))
    for start in range(0, len(vectors), size):
        progress(start, len(vectors), "sorting vectors into cells")
        near = fixed_point(vectors[start : start + size]) @ centres.T
        homes.append(np.argmax(near, axis=1))
        rows, cells = np.nonzero(near >= np.partition(near, -most, axis=1)[:, -most, None])
        visitors.append(rows + start)
        visited.append(cells)
    return joined(homes), joined(visitors), joined(visited)


def _by_cell(cell: I64, vector: I64, count: int) -> list[I64]:
    """The vectors of each cell, in their order."""
    ends = np.cumsum(np.bincount(cell, minlength=count))
    return np.split(vector[np.argsort(cell, kind="stable")], ends[:-1])
