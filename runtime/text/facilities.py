"""Greedy facility location: few points that stand for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tunec.runtime.text.farthest import fixed_point

if TYPE_CHECKING:
    from tunec.runtime.base.values import Progress

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_BLOCK = 2**23  # cosines that are there at once
_KEPT = 2**26  # cosines that are kept, each with the number of its candidate: 8 bytes
_COLUMNS = 2048  # of them, that are in float64 at once
_AHEAD = 64  # candidates whose cosines with all points are computed at once


def covering(vectors: NDArray[np.float16], weight: F64, count: int, progress: Progress) -> list[int]:
    """Numbers of vectors in the order in which greedy choice takes them; at most `count`, and none that adds nothing.

    The value of a choice is the sum over all vectors, each as often as its `weight`, of the cosine with the nearest
    chosen one, or 0 where that is negative. Of vectors that add equally much the first is taken.

    What each candidate would add is known exactly at every step: a chosen one changes it only by the points that it
    covers better than before. Their cosines with all candidates are computed anew, until so few candidates are nearer
    to a point than what covers it that their cosines can be kept. All numbers are whole (see
    `tunec.runtime.text.farthest`), and so are their sums. Time grows with the vectors times those that
    have a weight, memory with the vectors.
    """
    points = fixed_point(vectors)
    places = np.flatnonzero(weight > 0)
    state = _State(points, points[places] if len(places) < len(points) else points, weight[places])
    state.start(progress)
    chosen: list[int] = []
    while len(chosen) < min(count, len(points)):
        place = int(np.argmax(state.gain))
        if state.gain[place] <= 0:
            break
        chosen.append(place)
        state.choose(place)
        if len(chosen) % 100 == 0:
            progress(len(chosen), count, "choosing rows")
    return chosen


@dataclass
class _State:
    """How well each point is covered, and how much each candidate would add: `gain`.

    `nearer` holds for a point the candidates that are nearer to it than what covers it, with their cosines, once they
    are few enough.
    """

    candidates: F32
    points: F32
    weight: F64
    covered: F32 = field(init=False)
    gain: F64 = field(init=False)
    nearer: dict[int, tuple[NDArray[np.int32], F32]] = field(default_factory=dict)
    ahead: dict[int, F32] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.covered = np.zeros(len(self.points), dtype=np.float32)
        self.gain = np.zeros(len(self.candidates))

    def start(self, progress: Progress) -> None:
        """What each candidate adds to nothing."""
        whole = np.arange(len(self.points))
        for part in _parts(len(whole), len(self.candidates)):
            progress(part.start, len(whole), "comparing vectors")
            rows = whole[part]
            near = self.points[rows] @ self.candidates.T
            self._keep(rows, near)
            self.gain += _weighed(self.weight[rows], np.maximum(near, 0, out=near))

    def choose(self, place: int) -> None:
        """Add a candidate to the choice."""
        near = self._near(place)
        better = np.flatnonzero(near > self.covered)
        before = self.covered[better]
        self.covered[better] = near[better]
        known = np.fromiter((row in self.nearer for row in better.tolist()), dtype=np.bool_, count=len(better))
        for update, those, width in (
            (self._anew, ~known, len(self.candidates)),
            (self._from_kept, known, min(self._most(), len(self.candidates))),
        ):
            rows, old = better[those], before[those]
            for part in _parts(len(rows), width):
                update(rows[part], old[part])

    def _near(self, place: int) -> F32:
        """The cosines of a candidate with all points, computed together with those of the next best ones."""
        if place not in self.ahead:
            best = np.argpartition(-self.gain, min(_AHEAD, len(self.gain)) - 1)[:_AHEAD]
            best[0] = place if place not in best else best[0]
            near = self.candidates[best] @ self.points.T
            self.ahead = dict(zip(best.tolist(), near, strict=True))
        return self.ahead[place]

    def _anew(self, rows: I64, old: F32) -> None:
        near = self.points[rows] @ self.candidates.T
        self._keep(rows, near)
        # What a candidate would have added to a point before, less what it would add now.
        np.clip(near, old[:, None], self.covered[rows, None], out=near)
        self.gain -= _weighed(self.weight[rows], near) - self.weight[rows] @ old.astype(np.float64)

    def _from_kept(self, rows: I64, old: F32) -> None:
        lists = [self.nearer[row] for row in rows.tolist()]
        sizes = np.array([len(which) for which, _ in lists])
        which = np.concatenate([which for which, _ in lists])
        near = np.concatenate([near for _, near in lists])
        new = np.repeat(self.covered[rows], sizes)
        less = np.minimum(near, new) - np.repeat(old, sizes)
        self.gain -= np.bincount(which, np.repeat(self.weight[rows], sizes) * less, minlength=len(self.gain))
        still = near > new
        self._file(rows, np.add.reduceat(still, np.cumsum(sizes) - sizes, dtype=np.int64), which[still], near[still])

    def _keep(self, rows: I64, near: F32) -> None:
        """Keep the cosines of points that have few nearer candidates."""
        above = near > self.covered[rows, None]
        # One after another is four times as fast as `axis=1`.
        few = np.flatnonzero(np.array([np.count_nonzero(row) for row in above]) <= self._most())
        if len(few):
            row, which = np.nonzero(above[few])
            self._file(rows[few], np.bincount(row, minlength=len(few)), which, near[few[row], which])

    def _file(self, rows: I64, sizes: I64, which: NDArray[np.integer], near: F32) -> None:
        ends = np.cumsum(sizes).tolist()
        for row, start, end in zip(rows.tolist(), [0, *ends], ends, strict=False):
            # Copies, so that what is no longer needed is not held by what is.
            self.nearer[row] = which[start:end].astype(np.int32), near[start:end].copy()

    def _most(self) -> int:
        """How many cosines a point may keep."""
        return max(_KEPT // max(len(self.points), 1), 1)


def _weighed(weight: F64, near: F32) -> F64:
    """The weighted sum of rows, exact; a few columns at a time, so that what is twice as wide stays in the cache."""
    columns = range(0, near.shape[1], _COLUMNS)
    return np.concatenate([weight @ near[:, c : c + _COLUMNS].astype(np.float64) for c in columns])


def _parts(rows: int, width: int) -> Iterator[slice]:
    """As many rows of a width at a time as `_BLOCK` has room for."""
    size = max(_BLOCK // max(width, 1), 1)
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))
