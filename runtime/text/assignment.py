"""Which group of rows belongs to which split."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor

import numpy as np
import polars as pl
from numpy.typing import NDArray

I64 = NDArray[np.int64]

_CHUNK = 4096  # groups that are looked at together


def assigned(groups: pl.DataFrame, shares: Mapping[str, Fraction]) -> pl.Series:
    """The split of each group; columns `size` and `kind`, in the order in which groups are drawn, kind by kind.

    Splits fill up from the smallest to the largest, which takes what is left. Whatever one kind leaves over or short is
    made up in the next, so that many small kinds do not add up their rounding.
    """
    whole = sum(shares.values())
    order = sorted(shares, key=lambda name: (shares[name], name))
    sizes = groups["size"].to_numpy().astype(np.int64)
    split_of = np.full(len(sizes), len(order) - 1, dtype=np.int64)
    taken = dict.fromkeys(order, 0)
    seen = start = 0
    for many in groups["kind"].rle().struct.field("len").to_list():
        free = np.arange(start, start + many)
        start += many
        seen += int(sizes[free].sum())
        for number, name in enumerate(order[:-1]):
            target = floor(shares[name] / whole * seen + Fraction(1, 2)) - taken[name]
            goes = _filling(sizes[free], target)
            split_of[free[goes]] = number
            taken[name] += int(sizes[free[goes]].sum())
            free = free[~goes]
    return pl.Series(order, dtype=pl.String).gather(split_of)


def _filling(sizes: I64, target: int) -> NDArray[np.bool_]:
    """Which groups go in, one after another: each that brings the sum nearer to the target, or overshoots it by no more
    than it would fall short."""
    goes = np.zeros(len(sizes), dtype=np.bool_)
    place = 0
    while place < len(sizes) and target > 0:
        here = sizes[place : place + _CHUNK]
        fits = here <= 2 * (target - np.cumsum(here) + here)
        many = len(here) if fits.all() else int(fits.argmin())
        goes[place : place + many] = True
        target -= int(here[:many].sum())
        place += many + (many < len(here))
    return goes
