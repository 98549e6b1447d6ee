"""Intervals that say how sure a measured number is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

#: Two-sided 95 % of the normal distribution.
Z = 1.959963984540054
#: Fixed: the interval is part of the result, which has to come out the same every time.
SEED = 0
SAMPLES = 1000


def wilson(right: int, items: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927): `right` of `items`."""
    if items == 0:
        return 0.0, 1.0
    share = right / items
    scale = 1 + Z**2 / items
    middle = (share + Z**2 / (2 * items)) / scale
    half = Z * math.sqrt(share * (1 - share) / items + Z**2 / (4 * items**2)) / scale
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap_ratio(numerators: np.ndarray, denominators: np.ndarray) -> tuple[float, float]:
    """The 95 % percentile interval (Efron 1979) of sum(numerators) / sum(denominators), drawing rows with replacement.

    Both are float64 of shape (rows,). The draws depend on the number of rows alone.
    """
    import numpy as np

    generator = np.random.Generator(np.random.PCG64(SEED))
    drawn = generator.integers(0, len(numerators), size=(SAMPLES, len(numerators)))
    ratios = numerators[drawn].sum(axis=1) / denominators[drawn].sum(axis=1)
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(low), float(high)
