"""The mean of numbers of items, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunec.runtime.base.method import Reading
from tunec.runtime.models.intervals import bootstrap_ratio


def of_means(name: str, items: Mapping[str, float], more: Mapping[str, Any], *, lower: bool = False) -> Reading:
    """The reading of a measure that gives each item a number: the mean, with a bootstrap interval over items."""
    import numpy as np

    values = np.array(list(items.values()), dtype=np.float64)
    if not len(values):
        numbers: dict[str, Any] = {name: None, "low": None, "high": None, "items": 0, **more}
        return Reading(numbers, name, {}, lower)
    low, high = bootstrap_ratio(values, np.ones_like(values))
    numbers = {name: float(values.mean()), "low": low, "high": high, "items": len(values), **more}
    return Reading(numbers, name, {key: (float(value), 1.0) for key, value in items.items()}, lower)
