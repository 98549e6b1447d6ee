"""k-means over directions, the same on every machine, and how many rows each cluster gives."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tunec.runtime.text.farthest import fixed_point

if TYPE_CHECKING:
    from tunec.runtime.base.values import Progress

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_BLOCK = 8192
_FINE = 64  # a mean is rounded to this fraction of a unit before it is scaled to length one


def clustered(vectors: NDArray[np.float16], weight: I64, k: int, seed: int, rounds: int, progress: Progress) -> I64:
    """The cluster of each vector, counted from zero; fewer than `k` where there are not so many different vectors.

    Spherical k-means: a vector belongs to the centre of the largest cosine, the first of equals; a centre is the mean
    of its vectors, each as often as its `weight`, scaled to length one; k-means++ draws the first centres. Points and
    centres are whole numbers (see `tunec.runtime.text.farthest`), so that every sum is exact in whatever order.
    """
    points = fixed_point(vectors)
    centres = _first_centres(points, weight, k, seed)
    nearest = np.full(len(points), -1, dtype=np.int64)
    for number in range(rounds):
        progress(number, rounds, "clustering")
        again = _nearest(points, centres)
        if np.array_equal(again, nearest):
            break
        nearest = again
        centres = _means(points, weight, nearest, centres)
    return nearest


def centres_of(vectors: NDArray[np.float16], k: int, rounds: int) -> F32:
    """`k` centres that spherical k-means places, of at least as many vectors; it begins with vectors that are spread
    evenly over the input, which is quicker than drawing them."""
    points = fixed_point(vectors)
    weight = np.ones(len(points), dtype=np.int64)
    centres = points[np.arange(k) * len(points) // k]
    for _ in range(rounds):
        centres = _means(points, weight, _nearest(points, centres), centres)
    return centres


def _first_centres(points: F32, weight: I64, k: int, seed: int) -> F32:
    """k-means++: each next centre is drawn in proportion to the squared distance from the nearest one before."""
    wide = points.astype(np.float64)
    length = (wide * wide).sum(axis=1)
    mass = weight.astype(np.int64)
    chosen: list[int] = []
    apart = np.full(len(points), np.inf)
    while len(chosen) < k and mass.sum() > 0:
        until = np.cumsum(mass)
        place = int(np.searchsorted(until, _draw(seed, len(chosen)) * int(until[-1]) >> 64, side="right"))
        chosen.append(place)
        near = (points @ points[place]).astype(np.float64)
        apart = np.minimum(apart, np.maximum(length + length[place] - 2 * near, 0))
        apart[chosen] = 0
        mass = weight * apart.astype(np.int64)
    return points[chosen]


def _draw(seed: int, number: int) -> int:
    """64 bits that seed and number decide."""
    return int.from_bytes(hashlib.blake2b(f"{seed}:{number}".encode(), digest_size=8).digest(), "big")


def _nearest(points: F32, centres: F32) -> I64:
    parts = [np.argmax(points[s : s + _BLOCK] @ centres.T, axis=1) for s in range(0, len(points), _BLOCK)]
    return np.concatenate([np.empty(0, dtype=np.int64), *parts]).astype(np.int64)


def _means(points: F32, weight: I64, nearest: I64, centres: F32) -> F32:
    sums = np.zeros(centres.shape)
    by_cluster = np.argsort(nearest, kind="stable")
    for start in range(0, len(points), _BLOCK):
        rows = by_cluster[start : start + _BLOCK]
        clusters, begins = np.unique(nearest[rows], return_index=True)
        sums[clusters] += np.add.reduceat(points[rows] * weight[rows, None].astype(np.float64), begins, axis=0)
    sizes = np.bincount(nearest, weights=weight, minlength=len(centres))[:, None]
    means = np.rint(sums / np.where(sizes > 0, sizes, 1) * _FINE)
    # A cluster that lost all its vectors, or whose vectors cancel out, keeps its centre.
    alive = (sizes[:, 0] > 0) & (means != 0).any(axis=1)
    return np.where(alive[:, None], fixed_point(means), centres).astype(np.float32)


def quotas(sizes: Sequence[int], count: int, *, even: bool) -> list[int]:
    """How many rows each cluster gives so that they are `count`, or all there are.

    In proportion to the sizes, by largest remainder, or `even`: as equal as the sizes allow.
    """
    whole = sum(sizes)
    wanted = min(count, whole)
    given = [0] * len(sizes)
    if even:
        left = wanted
        for done, number in enumerate(sorted(range(len(sizes)), key=lambda n: (sizes[n], n))):
            given[number] = min(sizes[number], left // (len(sizes) - done))
            left -= given[number]
        return given
    if whole:
        given = [size * wanted // whole for size in sizes]
        by_remainder = sorted(range(len(sizes)), key=lambda n: (-(sizes[n] * wanted % whole), n))
        for number in by_remainder[: wanted - sum(given)]:
            given[number] += 1
    return given
