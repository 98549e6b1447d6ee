"""Connected components of a graph that is given as pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def components(count: int, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.int64]:
    """For each of `count` nodes the smallest node that the pairs `left[i]`–`right[i]` connect it with."""
    root = np.arange(count, dtype=np.int64)
    while len(left):
        a, b = root[left], root[right]
        apart = a != b
        left, right, a, b = left[apart], right[apart], a[apart], b[apart]
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while True:
            above = root[root]
            if np.array_equal(above, root):
                break
            root = above
    return root
