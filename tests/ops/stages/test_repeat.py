from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build, ledger, rows
from tests.ops.material import instructions
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.stages.repeat import repeat

SPEC = """
source a = rows([{instruction: "Name a fruit.", response: "Apple."}, {instruction: "写一首诗。", response: "好。"}])
source b = rows([{instruction: "Count to three.", response: "1 2 3"}])
dataset out from [a, b] {
    split { train: 100% }
    repeat(a, 3)
}
"""


def test_training_rows_of_a_source_come_again() -> None:
    given = instructions(["x", "y", "z"], origin=["a", "a", "b"], split=["train", "validation", "train"])
    outcome = repeat(given, pl.Series(["a", "a", "a"]), 3)
    assert outcome.rows["id"].to_list() == ["r0", "r1", "r2", "r0", "r0"]
    assert (outcome.copies, outcome.drops.height) == (2, 0)
    assert outcome.notes == ("1 training rows are seen 3 times an epoch, 2 of them again",)


def test_a_condition_and_no_split() -> None:
    given = instructions(["x", "y", "z"])
    assert repeat(given, pl.Series([True, None, False]), 2).rows["id"].to_list() == ["r0", "r1", "r2", "r0"]


def test_what_is_not_there() -> None:
    outcome = repeat(instructions(["x"], origin="a"), pl.Series(["b"]), 2)
    assert (outcome.rows.height, outcome.notes) == (1, ("no training row is meant",))
    with pytest.raises(OperatorError, match="once at least"):
        repeat(instructions(["x"]), pl.Series([True]), 0)


def test_in_a_spec(tmp_path: Path) -> None:
    result = build(tmp_path, SPEC)
    assert sorted(rows(result, "out")["instruction"]) == [
        "Count to three.",
        *["Name a fruit."] * 3,
        *["写一首诗。"] * 3,
    ]
    assert ledger(result, "out").height == 7
    assert set(ledger(result, "out")["verdict"]) == {"kept"}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), min_size=1, max_size=12), st.integers(1, 4))
def test_every_row_stays_and_the_copies_are_counted(parts: list[tuple[str, bool]], times: int) -> None:
    splits = ["train" if train else "test" for _, train in parts]
    given = instructions([str(n) for n in range(len(parts))], origin=[o for o, _ in parts], split=splits)
    outcome = repeat(given, pl.repeat("a", len(parts), dtype=pl.String, eager=True), times)
    assert outcome.rows[: given.height].select(given.columns).equals(given)
    assert outcome.rows.height == given.height + outcome.copies
    assert outcome.copies == sum(o == "a" and train for o, train in parts) * (times - 1)


@pytest.mark.parametrize("of", ['["s"]', "3", "words(text)", "none"])
def test_what_is_neither_a_source_nor_a_condition(tmp_path: Path, of: str) -> None:
    result = build(tmp_path, f'source s = rows([{{text: "a"}}])\ndataset d from s {{ repeat({of}, 2) }}\n')
    assert "expected a source or a condition on the row" in result.problems[0].message
