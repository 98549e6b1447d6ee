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
    return wilson_of(right / items, items) if items else (0.0, 1.0)


def wilson_of(share: float, items: float) -> tuple[float, float]:
    """The same of a share itself, of items that need not be a whole number."""
    scale = 1 + Z**2 / items
    middle = (share + Z**2 / (2 * items)) / scale
    half = Z * math.sqrt(share * (1 - share) / items + Z**2 / (4 * items**2)) / scale
    # The ends of nothing and of all are exact, and rounding would miss them by a hair.
    return 0.0 if share <= 0 else max(0.0, middle - half), 1.0 if share >= 1 else min(1.0, middle + half)


def mcnemar(gained: int, lost: int) -> float:
    """The exact two-sided p-value of McNemar's test (1947): `gained` items only the second model has right, `lost` only
    the first."""
    from scipy.stats import binomtest

    return float(binomtest(gained, gained + lost, 0.5).pvalue) if gained + lost else 1.0


def paired_shares(gained: int, lost: int, items: int) -> tuple[float, float]:
    """The 95 % interval of the difference of two shares of the same items (Bonett and Price 2012): `gained` items only
    the second has, `lost` only the first."""
    if items == 0:
        return -1.0, 1.0
    more, less = (gained + 1) / (items + 2), (lost + 1) / (items + 2)
    half = Z * math.sqrt((more + less - (more - less) ** 2) / (items + 2))
    return max(-1.0, more - less - half), min(1.0, more - less + half)


def bootstrap_difference(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """The 95 % percentile interval of the difference of two ratios of sums, drawing the same rows for both.

    Both are float64 of shape (rows, 2): numerators and denominators. The draws depend on the number of rows alone.
    """
    import numpy as np

    generator = np.random.Generator(np.random.PCG64(SEED))
    drawn = generator.integers(0, len(first), size=(SAMPLES, len(first)))
    before, after = (part[drawn].sum(axis=1) for part in (first, second))
    low, high = np.quantile(after[:, 0] / after[:, 1] - before[:, 0] / before[:, 1], (0.025, 0.975))
    return float(low), float(high)


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
