from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, kept_by, winners
from tunec.runtime.ops.keep.best import best


def test_it_is_the_score() -> None:
    assert best(pl.Series([0.5, None, -1.0])).to_list() == [0.5, None, -1.0]


def test_english_and_chinese() -> None:
    score = pl.Series([3.0, 4.0, None, -2.0, 4.0])
    assert kept_by(["Red", "red", "写诗", "写诗", "red"], lambda rows: best(score)) == [1, 3]


@MANY
@given(st.lists(st.tuples(st.sampled_from("ab诗"), st.none() | st.sampled_from([-1.5, 0.0, 2.0, 7.25])), max_size=8))
def test_the_best_of_each_group_stays(rows: list[tuple[str, float | None]]) -> None:
    prompts, scores = [p for p, _ in rows], [s for _, s in rows]
    column = pl.Series(scores, dtype=pl.Float64)
    assert kept_by(prompts, lambda _: best(column)) == winners(prompts, [-9.0 if s is None else s for s in scores])
