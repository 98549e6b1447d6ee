from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.ops.material import MANY, row_wise
from tunec.runtime.ops.functions.concat import concat

PAIRS = st.lists(st.tuples(st.none() | st.text(ANY, max_size=8), st.none() | st.text(ANY, max_size=8)), max_size=6)


def of(pairs: list[tuple[str | None, str | None]]) -> list[str | None]:
    frame = pl.DataFrame(pairs, schema={"a": pl.String, "b": pl.String}, orient="row")
    return frame.select(concat(pl.col("a"), pl.col("b")).alias("v"))["v"].to_list()


@pytest.mark.parametrize(
    ("a", "b", "both"),
    [("Hello", " you", "Hello you"), ("你好", "！", "你好！"), ("", "", ""), (None, "x", None), ("x", None, None)],
)
def test_by_hand(a: str | None, b: str | None, both: str | None) -> None:
    assert of([(a, b)]) == [both]


def test_with_a_fixed_text() -> None:
    frame = pl.DataFrame({"a": ["你好", None]})
    assert frame.select(concat(pl.col("a"), pl.lit("\n")))["a"].to_list() == ["你好\n", None]


@MANY
@given(PAIRS)
def test_is_the_sum_in_python(pairs: list[tuple[str | None, str | None]]) -> None:
    row_wise(of, pairs)
    assert of(pairs) == [None if a is None or b is None else a + b for a, b in pairs]
