from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, kept_by, missing_stays, winners
from tunec.runtime.ops.keep.longest import longest


def of(texts: list[str | None]) -> list[int | None]:
    return longest(pl.Series(texts, dtype=pl.String)).to_list()


def test_characters_are_counted_not_bytes() -> None:
    assert of(["abc", "中国", "", None]) == [3, 2, 0, None]
    missing_stays(of)


def test_english_and_chinese() -> None:
    # As Platypus merges: of one instruction the longest output; "seven" is longer than "中文答案" in characters only.
    answers = ["short", "a longer one", "中文答案", "seven", "same!"]
    assert kept_by(["x", "x", "写诗", "写诗", "x"], lambda rows: longest(pl.Series(answers))) == [1, 3]


def test_equals_and_missing_ones() -> None:
    answers = pl.Series([None, "", "ab", "cd"])
    assert kept_by(["x", "x", "y", "y"], lambda rows: longest(answers)) == [1, 2]


@MANY
@given(st.lists(st.tuples(st.sampled_from("ab诗"), st.none() | st.text("x中", max_size=3)), max_size=8))
def test_the_longest_of_each_group_stays(rows: list[tuple[str, str | None]]) -> None:
    prompts, texts = [p for p, _ in rows], [t for _, t in rows]
    column = pl.Series(texts, dtype=pl.String)
    found = kept_by(prompts, lambda _: longest(column))
    assert found == winners(prompts, [-1.0 if text is None else len(text) for text in texts])
