"""Groups fill splits one after another, however they are counted."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from fractions import Fraction
from itertools import groupby
from math import floor

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.runtime.text.assignment import assigned

SHARES = {"train": Fraction(7, 10), "validation": Fraction(1, 10), "test": Fraction(2, 10)}


def one_by_one(groups: list[tuple[str, int]], shares: Mapping[str, Fraction]) -> list[str]:
    """The same, as the documentation has it: group by group."""
    order = sorted(shares, key=lambda name: (shares[name], name))
    taken, seen, found = dict.fromkeys(order, 0), 0, list[str]()
    for _, members in groupby(groups, key=lambda group: group[0]):
        sizes = [size for _, size in members]
        seen += sum(sizes)
        split_of = [order[-1]] * len(sizes)
        for name in order[:-1]:
            target = floor(shares[name] / sum(shares.values()) * seen + Fraction(1, 2)) - taken[name]
            for place, size in enumerate(sizes):
                if split_of[place] == order[-1] and size <= 2 * target:
                    split_of[place], target = name, target - size
                    taken[name] += size
        found += split_of
    return found


def frame(groups: list[tuple[str, int]]) -> pl.DataFrame:
    return pl.DataFrame(groups, schema={"kind": pl.String, "size": pl.UInt32}, orient="row")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([1, 1, 1, 2, 3, 40])), max_size=60).map(sorted))
def test_groups_go_where_they_would_one_by_one(groups: list[tuple[str, int]]) -> None:
    assert assigned(frame(groups), SHARES).to_list() == one_by_one(groups, SHARES)


def test_more_groups_than_are_looked_at_together() -> None:
    sizes = np.random.default_rng(1).choice([1, 2, 5, 3000], size=20_000, p=[0.7, 0.2, 0.09, 0.01]).tolist()
    groups = [("", size) for size in sizes]
    assert assigned(frame(groups), SHARES).to_list() == one_by_one(groups, SHARES)


def test_a_group_takes_little_memory() -> None:
    many = 100_000
    groups = pl.DataFrame({"kind": pl.repeat("", many, eager=True), "size": pl.repeat(1, many, eager=True)})
    tracemalloc.start()
    try:
        found = assigned(groups, SHARES)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found) == many
    assert most < 64 * many
