from __future__ import annotations

import polars as pl

from tunec.runtime.ops.keep.best import best
from tunec.runtime.ops.keep.first import first
from tunec.runtime.ops.keep.longest import longest


def test_first_has_no_priority() -> None:
    assert first() is None


def test_longest_counts_characters() -> None:
    assert longest(pl.Series(["abc", "中国", None])).to_list() == [3, 2, None]


def test_best_is_the_score() -> None:
    assert best(pl.Series([0.5, None])).to_list() == [0.5, None]
