"""How far raters agree, and what a rate that a rater measured says of the true one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

#: What is known of the values: names alone, an order, or distances.
Level: TypeAlias = Literal["nominal", "ordinal", "interval"]
#: A rating; None where there is none.
Rating: TypeAlias = str | float | bool | None
_Z = 1.959963984540054


def krippendorff(units: Sequence[Sequence[Rating]], level: Level) -> float | None:
    """Krippendorff's alpha of units that several raters rated, missing ratings left out; 1 is perfect agreement, 0 what
    chance gives. None where nothing can vary: fewer than two ratings of a unit, or one value everywhere.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).
    """
    rated = [known for unit in units if len(known := [r for r in unit if r is not None]) > 1]
    values = sorted({r for unit in rated for r in unit}, key=lambda r: (isinstance(r, str), r))
    totals: Counter[Rating] = Counter(r for unit in rated for r in unit)
    n = sum(totals.values())
    if len(values) < 2:
        return None
    apart = _distance(values, totals, level)
    observed = 0.0
    for unit in rated:
        counts = Counter(unit)
        pairs = sum(counts[a] * counts[b] * apart(a, b) for a in counts for b in counts if a != b)
        observed += pairs / (len(unit) - 1)
    expected = sum(totals[a] * totals[b] * apart(a, b) for a in values for b in values if a != b)
    return 1 - (n - 1) * observed / expected


def _distance(
    values: Sequence[Rating], totals: Mapping[Rating, int], level: Level
) -> Callable[[Rating, Rating], float]:
    """The squared difference of two values."""
    if level == "nominal":
        return lambda a, b: 1.0
    if level == "interval":
        return lambda a, b: (float(a) - float(b)) ** 2  # type: ignore[arg-type]
    # What lies between two values, themselves half, counted by how often it is used.
    middle, before = {}, 0.0
    for value in values:
        middle[value] = before + totals[value] / 2
        before += totals[value]
    return lambda a, b: (middle[a] - middle[b]) ** 2


def cohen(pairs: Sequence[tuple[Rating, Rating]], level: Level = "nominal") -> float | None:
    """Cohen's kappa of two raters; for numbers weighted by the squared distance. None where both have one value.

    Source: Cohen, A Coefficient of Agreement for Nominal Scales (1960); Weighted Kappa (1968).
    """
    left, right = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    values = sorted({*left, *right}, key=lambda r: (isinstance(r, str), r))
    rank = {value: float(number) for number, value in enumerate(values)}

    def apart(a: Rating, b: Rating) -> float:
        if level == "nominal":
            return float(a != b)
        if level == "ordinal":
            return (rank[a] - rank[b]) ** 2
        return (float(a) - float(b)) ** 2  # type: ignore[arg-type]

    expected = sum(left[a] * right[b] * apart(a, b) for a in left for b in right) / max(1, len(pairs))
    if not expected:
        return None
    return 1 - sum(apart(a, b) for a, b in pairs) / expected


@dataclass(frozen=True, slots=True)
class Corrected:
    """A share as a rater sees it, how well the rater tells, and what the true share is then, with a 95 % interval."""

    seen: float
    items: int
    sensitivity: float
    positives: int
    specificity: float
    negatives: int
    share: float
    low: float
    high: float


def rogan_gladen(seen: int, items: int, found: int, positives: int, rejected: int, negatives: int) -> Corrected | None:
    """The true share behind a rater that calls `seen` of `items` positive. It found `found` of `positives` and rejected
    `rejected` of `negatives` items whose truth is known. None where the rater does not tell one from the other.

    Source: Rogan and Gladen (1978) for the share; Lang and Reiczigel, Confidence limits for prevalence of disease
    adjusted for estimated sensitivity and specificity (2014), for the interval.
    """
    if not items or not positives or not negatives:
        return None
    p, se, sp = seen / items, found / positives, rejected / negatives
    if se + sp <= 1:
        return None
    share = min(1.0, max(0.0, (p + sp - 1) / (se + sp - 1)))
    n, many, few = items + _Z**2, positives + 2, negatives + 2
    p_, se_, sp_ = (seen + _Z**2 / 2) / n, (found + 1) / many, (rejected + 1) / few
    youden = se_ + sp_ - 1
    if youden <= 0:
        return None
    middle = (p_ + sp_ - 1) / youden
    of_se, of_sp = se_ * (1 - se_) / many, sp_ * (1 - sp_) / few
    moved = middle + 2 * _Z**2 * (middle * of_se - (1 - middle) * of_sp)
    half = _Z * math.sqrt(p_ * (1 - p_) / n + middle**2 * of_se + (1 - middle) ** 2 * of_sp) / youden
    low, high = (min(1.0, max(0.0, end)) for end in (moved - half, moved + half))
    return Corrected(p, items, se, positives, sp, negatives, share, low, high)
