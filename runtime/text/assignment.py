"""Which group of rows belongs to which split."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import groupby
from math import floor

import polars as pl


def assigned(groups: pl.DataFrame, shares: Mapping[str, Fraction]) -> list[str]:
    """The split of each group; columns `size` and `kind`, in the order in which groups are drawn, kind by kind.

    Splits fill up from the smallest to the largest, which takes what is left. Whatever one kind leaves over or short is
    made up in the next, so that many small kinds do not add up their rounding.
    """
    whole = sum(shares.values())
    order = sorted(shares, key=lambda name: (shares[name], name))
    result: list[str] = []
    taken = dict.fromkeys(order, 0)
    seen = 0
    for _, members in groupby(groups.select("kind", "size").iter_rows(), key=lambda row: row[0]):
        sizes = [size for _, size in members]
        seen += sum(sizes)
        split_of = [order[-1]] * len(sizes)
        free = list(range(len(sizes)))
        for name in order[:-1]:
            target = floor(shares[name] / whole * seen + Fraction(1, 2)) - taken[name]
            filled = 0
            for place in free:
                # Nearest to the target: a group goes in where it overshoots by no more than it would fall short.
                if 2 * filled + sizes[place] <= 2 * target:
                    split_of[place] = name
                    filled += sizes[place]
            free = [place for place in free if split_of[place] == order[-1]]
            taken[name] += filled
        result += split_of
    return result
