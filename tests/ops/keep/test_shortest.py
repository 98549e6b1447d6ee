from __future__ import annotations

import polars as pl

from tests.ops.material import kept_by, missing_stays
from tunec.runtime.ops.keep.shortest import shortest


def of(texts: list[str | None]) -> list[int | None]:
    return shortest(pl.Series(texts, dtype=pl.String)).to_list()


def test_characters_are_counted_not_bytes() -> None:
    assert of(["abc", "中国", "", None]) == [-3, -2, 0, None]
    missing_stays(of)


def test_english_and_chinese() -> None:
    answers = ["a longer one", "short", "中文答案", "seven", "same!", None]
    assert kept_by(["x", "x", "写诗", "写诗", "x", "x"], lambda rows: shortest(pl.Series(answers))) == [1, 2]
