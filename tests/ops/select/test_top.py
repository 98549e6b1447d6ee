from __future__ import annotations

import polars as pl

from tunec.runtime.ops.select.top import top


def test_highest_first_ties_by_position_missing_last() -> None:
    score = pl.Series([1.0, None, 3.0, float("nan"), 1.0, -5.0])
    assert top(score, count=4).tolist() == [2, 0, 4, 5]
    assert top(score, count=9).tolist() == [2, 0, 4, 5, 1, 3]
