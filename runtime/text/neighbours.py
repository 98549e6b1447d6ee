"""How far each row is from those around it."""

from __future__ import annotations

import numpy as np

from tunec.runtime.base.values import Progress
from tunec.runtime.text.vectors import F16, F64, I64, cosines_of, unit

#: Quick cosines that are held at once, 256 MiB of them.
_HELD = 2**26
_SLACK = 1e-4  # how far a quick cosine in float32 may be off; far more than it is


def nearness(vectors: F16, copies: I64, k: int, progress: Progress) -> F64:
    """The cosine of each vector with that of the k-th nearest other row, or NaN where there are fewer rows than that.

    `vectors` are distinct, shape (vectors, dimensions), and vector i belongs to `copies[i]` rows. Exact: the quick
    cosines in float32 only choose what is compared in float64, where the result is the same on every machine. Takes
    time in proportion to the square of the number of vectors, and memory that does not grow with it.
    """
    count = len(vectors)
    found = np.full(count, np.nan)
    if copies.sum() - 1 < k:
        return found
    wide = unit(vectors)
    block = max(1, _HELD // count)
    for start in range(0, count, block):
        progress(start, count, "comparing vectors")
        quick = wide[start : start + block] @ wide.T
        # Each distinct vector is one neighbour at least, so the k-th is among these and the vector itself.
        reach = min(k + 1, count)
        limit = np.partition(quick, count - reach, axis=1)[:, count - reach] - 2 * _SLACK
        own, other = np.nonzero(quick >= limit[:, None])
        found[start : start + block] = _kth(vectors, copies, own + start, other, k)
    progress(count, count, "comparing vectors")
    return found


def _kth(vectors: F16, copies: I64, own: I64, other: I64, k: int) -> F64:
    """The k-th largest cosine of each own vector, for pairs in the order of own vectors."""
    value = cosines_of(vectors, own, other)
    # The very same vector is as near as can be; a row is no neighbour of itself.
    value[own == other] = np.inf
    weight = copies[other] - (own == other)
    order = np.lexsort((-value, own))
    own, value, weight = own[order], value[order], weight[order]
    begins = np.flatnonzero(np.diff(own, prepend=-1))
    passed = np.cumsum(weight)
    before = np.repeat(passed[begins] - weight[begins], np.diff(begins, append=len(own)))
    reached = (passed - before >= k) & (passed - before - weight < k)
    nearest: F64 = np.minimum(value[reached], 1.0)
    return nearest
