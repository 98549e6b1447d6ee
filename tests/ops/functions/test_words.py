from __future__ import annotations

import re
from functools import partial

import polars as pl
import pytest
import rjieba
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.words import words

of = partial(values, words)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It's a state-of-the-art idea.", 8),
        ("snake_case 3.14", 3),
        ("हिन्दी में", 2),
        ("我爱北京天安门", 4),
        ("我用Python写code。", 5),
        ("これはペンです", 3),
        ("สวัสดี", 4),
        ("… — !", 0),
        ("", 0),
    ],
)
def test_by_hand(text: str, count: int) -> None:
    assert of([text]) == [count]


def test_missing() -> None:
    missing_stays(of)


def test_inside_a_list() -> None:
    frame = pl.DataFrame({"v": [["one two", "学习中文"], []]})
    assert frame.select(pl.col("v").list.eval(words(pl.element())))["v"].to_list() == [[2, 2], []]


def test_in_pieces() -> None:
    frame = pl.DataFrame({"t": ["one two", "学习中文", None] * 1000}).lazy().select(words(pl.col("t")))
    assert frame.collect(engine="streaming")["t"].to_list() == [2, 2, None] * 1000


@MANY
@given(TEXTS)
def test_of_a_row_alone(texts: list[str | None]) -> None:
    row_wise(of, texts)


@MANY
@given(st.text("aB1_ .，中国天安门我爱北京", max_size=20))
def test_is_runs_of_letters_and_segments_of_chinese(text: str) -> None:
    runs = re.findall(r"[a-z0-9_]+|[\u4e00-\u9fff]+", text.lower())
    assert of([text]) == [sum(1 if run.isascii() else len(rjieba.cut(run, False)) for run in runs)]
