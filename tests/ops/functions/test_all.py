from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, row_wise, values
from tunec.runtime.ops.functions.all import all_
from tunec.runtime.ops.functions.contains import contains


def test_by_hand() -> None:
    lists = [[True, True], [True, False], [], [None, True], [None, False], None]
    assert values(all_, lists) == [True, False, True, True, False, None]


def test_over_texts() -> None:
    chats = [["It is hot.", "It is cold."], ["今天热", "今天冷"], ["今天热", "cold"]]
    for needle, found in (("今天", [False, True, False]), ("It is", [True, False, False])):
        assert values(lambda t, n=needle: all_(t.list.eval(contains(pl.element(), n))), chats) == found


@MANY
@given(st.lists(st.none() | st.lists(st.none() | st.booleans(), max_size=4), max_size=6))
def test_is_what_python_says(lists: list[list[bool | None] | None]) -> None:
    def of(given: list[list[bool | None] | None]) -> list[bool | None]:
        column = pl.Series("t", given, dtype=pl.List(pl.Boolean))
        return column.to_frame().select(all_(pl.col("t")))["t"].to_list()

    row_wise(of, lists)
    assert of(lists) == [None if one is None else all(v for v in one if v is not None) for one in lists]
