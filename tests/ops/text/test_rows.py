from __future__ import annotations

import json

import polars as pl
import pytest

from tests.ops.material import benchmark, chats, instructions
from tunec.compiler.types import CONTENT, RowType
from tunec.runtime.rows.frame import contents, row_type_of
from tunec.runtime.text.headline import headlines
from tunec.runtime.text.turns import answers, row_tokens, turns


def test_the_row_type_is_read_off_the_columns() -> None:
    assert row_type_of(instructions(["x"])) is RowType.INSTRUCTION
    assert row_type_of(instructions(["x"]).with_columns(messages=pl.lit("a let"))) is RowType.INSTRUCTION
    assert row_type_of(chats([[("user", "x")]])) is RowType.CHAT
    assert row_type_of(benchmark(["x"])) is RowType.CHOICE
    assert row_type_of(pl.DataFrame({"id": ["a"], "text": ["x"]})) is RowType.TEXT
    with pytest.raises(KeyError):
        row_type_of(pl.DataFrame({"id": ["a"]}))


@pytest.mark.parametrize("choices", [[], ['"'], ["\\", "\n", "\x00\x1f\x7f", None], ["中文", "🙂", "\u2028"], None])
def test_choices_count_as_json(choices: list[str | None] | None) -> None:
    rows = benchmark(["q"]).with_columns(choices=pl.Series([choices], dtype=pl.List(pl.String)))
    said = "0:" if choices is None else json.dumps(choices, ensure_ascii=False, separators=(",", ":"))
    assert said in contents(rows, RowType.CHOICE)[0]


def test_headlines_are_short_prompts() -> None:
    assert headlines(instructions(["字" * 600]))[0] == "字" * 500
    assert headlines(pl.DataFrame({"id": ["a"], "text": ["x"]}))[0] == "x"


def test_turns_of_text_rows() -> None:
    assert turns(pl.DataFrame({"text": ["a", None]}), ["prompt", "response"]).rows() == [(0, "a")]


def test_a_letter_or_a_number_becomes_the_choice() -> None:
    rows = benchmark(["q"] * 5, ["B", "0", "green", "7", "A"]).with_columns(
        choices=pl.Series([["red", "green"]] * 4 + [None], dtype=pl.List(pl.String))
    )
    assert answers(rows).to_list() == ["green", "red", "green", "7", "A"]


def test_tokens_of_a_row() -> None:
    assert row_tokens(instructions(["Hi, you!"], ["好的。"])).tolist() == [7]


def test_contents_where_all_rows_of_a_part_were_dropped() -> None:
    columns = {name: [["a"], [None, "b"]] for name in CONTENT[RowType.INSTRUCTION]}
    frame = pl.DataFrame(
        [
            pl.concat([pl.Series(name, part, pl.String) for part in parts], rechunk=False)
            for name, parts in columns.items()
        ]
    )
    left = frame.filter(pl.Series([False, True, True]))
    assert left["instruction"].chunk_lengths()[0] == 0  # as Polars leaves it
    assert contents(left, RowType.INSTRUCTION).to_list() == contents(left.rechunk(), RowType.INSTRUCTION).to_list()
