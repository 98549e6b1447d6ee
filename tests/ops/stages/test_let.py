from __future__ import annotations

from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build, rows
from tests.ops.material import MANY, conserved, instructions
from tunec.runtime.ops.stages.let import let


def test_a_new_column_and_nothing_else() -> None:
    before = instructions(["two words", "两个"])
    outcome = let(before, "length", pl.Series("whatever", [2, 1]))
    assert outcome.rows.columns == [*before.columns, "length"]
    assert outcome.rows["length"].to_list() == [2, 1]
    conserved(before, outcome)


def test_in_a_spec(tmp_path: Path) -> None:
    text = """
source s = rows([{instruction: "two words", response: "x"}, {instruction: "学习中文很好", response: "y"}])
dataset out from s {
    let length = words(prompt)
    let twice = length * 2
    filter { keep twice >= 4 and length < 9 }
}
"""
    found = rows(build(tmp_path, text), "out")
    assert found.select("length", "twice").rows() == [(2, 4), (4, 8)]


@MANY
@given(st.lists(st.none() | st.floats(allow_nan=False) | st.integers(-9, 9), max_size=6))
def test_values_stay_beside_their_rows(values: list[float | None]) -> None:
    before = instructions([f"第 {n}" for n in range(len(values))])
    column = pl.Series(values, dtype=pl.Float64)
    outcome = let(before, "score", column)
    conserved(before, outcome)
    assert outcome.rows["score"].to_list() == values
    # A second `let` of that name wins; the other columns stay where they are.
    assert let(outcome.rows, "score", -column).rows.equals(before.with_columns(score=-column))


def test_a_value_that_is_none(tmp_path: Path) -> None:
    done = build(
        tmp_path, 'source s = rows([{text: "a"}])\ndataset d from s { let z = none  filter { drop z != none } }\n'
    )
    assert rows(done, "d")["z"].to_list() == [None]
