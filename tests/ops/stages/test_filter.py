from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build, ledger, rows
from tests.ops.material import MANY, conserved, drops, instructions
from tunec.runtime.base.values import RowRule
from tunec.runtime.ops.stages.filter import filter as filter_


def rule(text: str, condition: Callable[[pl.DataFrame], pl.Series], whole: bool = False) -> RowRule:
    """A rule that measures the instruction of a row."""
    verb = text.split()[0]
    return RowRule(verb, text, "true", condition, lambda frame: frame["instruction"], whole)


def column(name: str) -> Callable[[pl.DataFrame], pl.Series]:
    return lambda frame: frame[name]


def test_keep_keeps_what_is_true_and_drop_drops_what_is_true() -> None:
    frame = instructions(["yes", "否", "unknown"], x=[True, False, None])
    keep = filter_(frame, rules=[rule("keep x", column("x"))])
    assert keep.rows["id"].to_list() == ["r0"]
    assert drops(keep) == [(1, "keep x", "否", "true", None), (2, "keep x", "unknown", "true", None)]
    drop = filter_(frame, rules=[rule("drop x", column("x"))])
    assert drop.rows["id"].to_list() == ["r1", "r2"]
    assert drops(drop) == [(0, "drop x", "yes", "true", None)]
    assert filter_(frame, rules=[]).rows.equals(frame)


def test_a_fallen_row_is_not_looked_at_again() -> None:
    seen: list[list[str]] = []

    def costly(frame: pl.DataFrame) -> pl.Series:
        seen.append(frame["id"].to_list())
        return frame["y"]

    frame = instructions(["a", "b", "c"], x=[True, False, True], y=[False, False, True])
    outcome = filter_(frame, rules=[rule("keep x", column("x")), rule("keep y", costly)])
    assert seen == [["r0", "r2"]]
    assert [(d[0], d[1]) for d in drops(outcome)] == [(0, "keep y"), (1, "keep x")]


def test_a_measure_of_the_whole_sees_all_rows_that_are_left() -> None:
    def last(frame: pl.DataFrame) -> pl.Series:
        return pl.Series([n == frame.height - 1 for n in range(frame.height)])

    sizes: list[int] = []

    def size(frame: pl.DataFrame) -> pl.Series:
        sizes.append(frame.height)
        return pl.Series([f"{n} of {frame.height}" for n in range(frame.height)])

    frame = instructions(["a", "b", "c"], x=[True, False, True])
    for whole, value in ((True, "1 of 2"), (False, "0 of 1")):
        rules = [rule("keep x", column("x")), RowRule("drop", "drop last", "true", last, size, whole)]
        assert drops(filter_(frame, rules=rules)) == [
            (1, "keep x", "b", "true", None), (2, "drop last", value, "true", None),
        ]  # fmt: skip
    assert sizes == [2, 1]


def test_in_a_spec(tmp_path: Path) -> None:
    text = """
source s = rows([
    {instruction: "Say hello to me.", response: "Hello!"}, {instruction: "说", response: "你好"},
    {instruction: "请用中文说你好。", response: "As an AI I cannot"},
])
dataset out from s { filter {
    keep words(prompt) in 3..150
    drop contains(response, "As an AI")
} }
"""
    done = build(tmp_path, text)
    assert rows(done, "out")["response"].to_list() == ["Hello!"]
    assert [r for r in ledger(done, "out").sort("position")["rule"] if r] == [
        "keep words(prompt) in 3..150", 'drop contains(response, "As an AI")',
    ]  # fmt: skip


@MANY
@given(
    st.lists(st.tuples(*[st.none() | st.booleans()] * 3), max_size=8),
    st.lists(st.tuples(st.sampled_from(["keep", "drop"]), st.integers(0, 2)), max_size=4),
)
def test_the_first_failing_rule_is_the_reason(cells: list[tuple[Any, ...]], chosen: list[tuple[str, int]]) -> None:
    frame = instructions([f"t{n}" for n in range(len(cells))]).with_columns(
        pl.Series(f"c{n}", [row[n] for row in cells], dtype=pl.Boolean) for n in range(3)
    )
    rules = [rule(f"{verb} c{n}", column(f"c{n}")) for verb, n in chosen]
    expected = []
    for place, row in enumerate(cells):
        failing = [f"{v} c{n}" for v, n in chosen if (row[n] is not True if v == "keep" else row[n] is True)]
        expected += [(place, failing[0], f"t{place}", "true", None)] if failing else []
    outcome = filter_(frame, rules=rules)
    conserved(frame, outcome)
    assert drops(outcome) == expected
    parts = [filter_(part, rules=rules).rows for part in (frame[: len(cells) // 2], frame[len(cells) // 2 :])]
    assert pl.concat(parts).equals(outcome.rows)
