"""Columns of lists and objects by way of Arrow are what Polars makes of the values."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest

from tunec.compiler.types import RowType
from tunec.runtime.rows.messages import content_schema
from tunec.runtime.rows.nested import typed, values_of

MESSAGES = content_schema(RowType.CHAT)["messages"]
CHOICES = content_schema(RowType.CHOICE)["choices"]


def a_message(draw: random.Random) -> dict[str, Any]:
    call = {"id": "1", "name": "f", "arguments": '{"x": "日本"}'}
    every = {
        "role": draw.choice(["user", "assistant", "tool"]), "content": draw.choice([None, "", "你好 🙂", "hello"]),
        "reasoning": draw.choice([None, "so"]), "tool_calls": draw.choice([None, [], [call], [call, call]]),
        "tool_call_id": "1", "name": None, "train": draw.choice([None, True, False]),
    }  # fmt: skip
    return {name: value for name, value in every.items() if name == "role" or draw.random() < 0.6}


def test_messages_are_what_polars_makes_of_them() -> None:
    draw = random.Random(3)
    values = [None if draw.random() < 0.1 else [a_message(draw) for _ in range(draw.randrange(5))] for _ in range(300)]
    column = typed("messages", values, MESSAGES)
    expected = pl.Series("messages", values, MESSAGES)
    assert column.dtype == MESSAGES and column.name == "messages"
    assert column.equals(expected)
    assert values_of(column) == expected.to_list()


def test_choices_and_plain_texts() -> None:
    values = [["a", None], None, [], ["甲", "乙"]]
    assert typed("choices", values, CHOICES).equals(pl.Series("choices", values, CHOICES))
    assert typed("text", ["a", None], pl.String()).to_list() == ["a", None]
    assert typed("choices", [], CHOICES).dtype == CHOICES
    with pytest.raises(TypeError):
        typed("choices", [["a", 1]], CHOICES)
