"""Greedy facility location: few points that stand for all."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tunec.runtime.text.farthest import fixed_point

if TYPE_CHECKING:
    from tunec.runtime.context import Progress

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_ROWS = 8192  # points, and
_CANDIDATES = 1024  # candidates, that are compared at once: no larger matrix is ever there
_BATCH = 16  # candidates whose gain is brought up to date at once; reading the points costs more than the products


def covering(vectors: NDArray[np.float16], weight: F64, count: int, progress: Progress) -> list[int]:
    """Numbers of vectors in the order in which greedy choice takes them; at most `count`, and none that adds nothing.

    The value of a choice is the sum over all vectors, each as often as its `weight`, of the cosine with the nearest
    chosen one, or 0 where that is negative. Of vectors that add equally much the first is taken. Gains only shrink as
    the choice grows, so a gain computed earlier is an upper bound, and only candidates whose bound is above the best
    known gain are computed anew. All numbers are whole (see `tunec.runtime.text.farthest`), and so are their sums.
    """
    points = fixed_point(vectors)
    covered = np.zeros(len(points), dtype=np.float32)
    bounds: list[float] = []
    for start in range(0, len(points), _CANDIDATES):
        progress(start, len(points), "comparing vectors")
        bounds += _gains(points, weight, covered, np.arange(start, min(start + _CANDIDATES, len(points)))).tolist()
    heap = [(-bound, place) for place, bound in enumerate(bounds)]
    heapq.heapify(heap)
    chosen: list[int] = []
    while heap and len(chosen) < count:
        fresh: list[tuple[float, int]] = []  # gains that are exact now, negative
        while heap and (not fresh or heap[0] < min(fresh)):
            places = [heapq.heappop(heap)[1] for _ in range(min(_BATCH, len(heap)))]
            gains = _gains(points, weight, covered, np.array(places))
            fresh += [(-gain, place) for gain, place in zip(gains.tolist(), places, strict=True)]
        gain, place = min(fresh)
        if gain == 0:
            break
        chosen.append(place)
        np.maximum(covered, points @ points[place], out=covered)
        for item in fresh:
            if item[1] != place:
                heapq.heappush(heap, item)
        if len(chosen) % 100 == 0:
            progress(len(chosen), count, "choosing rows")
    return chosen


def _gains(points: F32, weight: F64, covered: F32, candidates: I64) -> F64:
    """How much each candidate would add to the value of the choice."""
    wanted = points[candidates].T
    total = np.zeros(len(candidates))
    for start in range(0, len(points), _ROWS):
        rows = slice(start, start + _ROWS)
        near = points[rows] @ wanted
        near -= covered[rows, None]
        np.maximum(near, 0, out=near)
        total += weight[rows] @ near
    return total
