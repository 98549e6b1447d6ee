from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import JSON, MANY, TEXTS, missing_stays, row_wise
from tunec.runtime.ops.functions.json_valid import json_valid


def of(texts: list[str | None]) -> list[bool | None]:
    return json_valid(pl.Series("t", texts, dtype=pl.String)).to_list()


@pytest.mark.parametrize(
    "text",
    ['{"a": [1, 2]}', " 3\n", '{"城市": "北京"}', "1" * 5000, '"\\ud800"', "null", "-0.5e+3", '{"a": 1, "a": 2}', "[]"],
)
def test_json(text: str) -> None:
    assert of([text]) == [True]


@pytest.mark.parametrize(
    "text",
    [
        "{'a': 1}", "NaN", "-Infinity", "", " ", "[" * 10_000, "[1,]", "01", "+1", ".5", "1 2", '"a\nb"', "\u00a01",
        "True", "{a: 1}", '{“城市”：“北京”}', '```json\n{"a": 1}\n```', '结果：{"a": 1}', "[1] // one", "１",
    ],
)  # fmt: skip
def test_none(text: str) -> None:
    assert of([text]) == [False]


def test_missing() -> None:
    missing_stays(of)


@MANY
@given(TEXTS)
def test_of_a_row_alone(texts: list[str | None]) -> None:
    row_wise(of, texts)


@MANY
@given(JSON, st.text(" \t\r\n", max_size=3), st.booleans())
def test_what_python_writes_is_json_but_not_a_part_of_it(value: Any, blanks: str, ascii_: bool) -> None:
    text = json.dumps([value], ensure_ascii=ascii_)
    assert of([text, blanks + text + blanks]) == [True, True]
    assert of([text[:n] for n in range(len(text))]) == [False] * len(text)
