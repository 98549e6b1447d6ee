"""What comes after the rows that a selector has chosen by its own measure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]


def completed(chosen: Sequence[int] | I64, vector_of: I64, count: int) -> I64:
    """The chosen rows, then the others that have a vector, then those without one, by position; at most `count`."""
    first = np.asarray(chosen, dtype=np.int64)
    taken = np.zeros(len(vector_of), dtype=np.bool_)
    taken[first] = True
    rest = np.lexsort((np.arange(len(vector_of)), vector_of < 0, taken))[: len(vector_of) - len(first)]
    return np.concatenate([first, rest.astype(np.int64)])[:count]
