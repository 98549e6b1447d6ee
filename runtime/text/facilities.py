"""Greedy facility location: few points that stand for all."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
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
_BATCH = 64  # candidates whose gain is brought up to date at once


def covering(vectors: NDArray[np.float16], weight: F64, count: int, progress: Progress) -> list[int]:
    """Numbers of vectors in the order in which greedy choice takes them; at most `count`, and none that adds nothing.

    The value of a choice is the sum over all vectors, each as often as its `weight`, of the cosine with the nearest
    chosen one, or 0 where that is negative. Of vectors that add equally much the first is taken. Gains only shrink as
    the choice grows, so a gain computed earlier is an upper bound, and only candidates whose bound is above the best
    known gain are computed anew. All numbers are whole (see `tunec.runtime.text.farthest`), and so are their sums.
    """
    points = fixed_point(vectors)
    state = _State(points, weight, np.zeros(len(points), dtype=np.float32))
    for start in range(0, len(points), _CANDIDATES):
        progress(start, len(points), "comparing vectors")
        state.compute(np.arange(start, min(start + _CANDIDATES, len(points))))
    heap = [(-gain, place) for place, gain in enumerate(state.gain.tolist())]
    heapq.heapify(heap)
    chosen: list[int] = []
    while heap and len(chosen) < count:
        fresh: list[tuple[float, int]] = []  # gains that are exact now, negative
        while heap and (not fresh or heap[0] < min(fresh)):
            places = np.array([heapq.heappop(heap)[1] for _ in range(min(_BATCH, len(heap)))])
            state.update(places)
            fresh += zip((-state.gain[places]).tolist(), places.tolist(), strict=True)
        gain, place = min(fresh)
        if gain == 0:
            break
        chosen.append(place)
        state.choose(place)
        for item in fresh:
            if item[1] != place:
                heapq.heappush(heap, item)
        if len(chosen) % 100 == 0:
            progress(len(chosen), count, "choosing rows")
    return chosen


@dataclass
class _State:
    """How well each point is covered, and how much each candidate would add: `gain`, as of the step `since`.

    `history` holds for every step which points it covered better, and how well they were covered before; bringing a
    candidate up to date then needs its cosine with those points alone.
    """

    points: F32
    weight: F64
    covered: F32
    history: list[tuple[I64, F32]] = field(default_factory=list)
    gain: F64 = field(init=False)
    since: I64 = field(init=False)

    def __post_init__(self) -> None:
        self.gain = np.zeros(len(self.points))
        self.since = np.zeros(len(self.points), dtype=np.int64)

    def choose(self, place: int) -> None:
        """Add a point to the choice."""
        near = self.points @ self.points[place]
        better = np.flatnonzero(near > self.covered)
        self.history.append((better, self.covered[better]))
        self.covered[better] = near[better]

    def compute(self, places: I64) -> None:
        """The gains of candidates, from all points."""
        wanted = self.points[places].T
        total = np.zeros(len(places))
        for start in range(0, len(self.points), _ROWS):
            rows = slice(start, start + _ROWS)
            total += self.weight[rows] @ _above(self.points[rows] @ wanted, self.covered[rows])
        self.gain[places] = total
        self.since[places] = len(self.history)

    def update(self, places: I64) -> None:
        """The gains of candidates, from their earlier ones and what has changed since."""
        places = places[np.argsort(-self.since[places], kind="stable")]
        before = self.covered.copy()
        changed = np.zeros(len(before), dtype=np.bool_)
        step = len(self.history)
        until, starts = np.unique(-self.since[places], return_index=True)
        groups = np.split(places, starts[1:])
        for number, (group, since) in enumerate(zip(groups, (-until).tolist(), strict=True)):
            while step > since:
                step -= 1
                rows, old = self.history[step]
                before[rows], changed[rows] = old, True
            rows = np.flatnonzero(changed)
            if 4 * len(rows) > len(before):  # what is left is older still, and computed faster in one go
                self.compute(np.concatenate(groups[number:]))
                return
            for part in (rows[s : s + _ROWS] for s in range(0, len(rows), _ROWS)):
                near = self.points[part] @ self.points[group].T
                self.gain[group] -= self.weight[part] @ _above(near.copy(), before[part])
                self.gain[group] += self.weight[part] @ _above(near, self.covered[part])
            self.since[group] = len(self.history)


def _above(near: F32, covered: F32) -> F32:
    """By how much a candidate is nearer to each point than what covers it, in place of `near`; all exact."""
    near -= covered[:, None]
    np.maximum(near, 0, out=near)
    return near
