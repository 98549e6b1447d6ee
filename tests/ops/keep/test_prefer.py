from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, kept_by, row_wise, winners
from tunec.runtime.ops.keep.prefer import prefer


def of(conditions: list[bool | None]) -> list[float]:
    return prefer(pl.Series(conditions, dtype=pl.Boolean)).to_list()


def test_a_missing_condition_is_not_preferred() -> None:
    assert of([True, None, False]) == [1.0, 0.0, 0.0]


def test_english_and_chinese() -> None:
    liked = pl.Series([False, True, None, False, True])
    assert kept_by(["Red", "red", "写诗", "写诗", "red"], lambda rows: prefer(liked)) == [1, 2]


@MANY
@given(st.lists(st.tuples(st.sampled_from("ab诗"), st.none() | st.booleans()), max_size=8))
def test_the_first_preferred_of_each_group_stays(rows: list[tuple[str, bool | None]]) -> None:
    prompts, conditions = [p for p, _ in rows], [c for _, c in rows]
    row_wise(of, conditions)
    column = pl.Series(conditions, dtype=pl.Boolean)
    assert kept_by(prompts, lambda _: prefer(column)) == winners(prompts, [float(c is True) for c in conditions])
