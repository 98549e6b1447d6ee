from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, records, row_or_reason
from tunec.runtime.ops.formats.choice import choice
from tunec.runtime.sources.records import mapped
from tunec.runtime.values import FormatError


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (
            {"question": "2 + 2?", "choices": ["3", "4"], "answer": 1},
            {"question": "2 + 2?", "choices": ["3", "4"], "answer": "1"},
        ),
        (
            {"question": "中国的首都是？", "choices": ["北京", "上海"], "answer": "A"},
            {"question": "中国的首都是？", "choices": ["北京", "上海"], "answer": "A"},
        ),
        ({"question": "x", "answer": ["first", "second"]}, {"question": "x", "choices": [], "answer": "first"}),
        (
            {"question": "x", "choices": [1, 2.5], "answer": "2.5"},
            {"question": "x", "choices": ["1", "2.5"], "answer": "2.5"},
        ),
    ],
)
def test_by_hand(record: dict[str, Any], row: dict[str, Any]) -> None:
    assert choice().content(record) == row


@pytest.mark.parametrize(
    ("record", "reason", "column"),
    [
        ({"choices": ["a"], "answer": "A"}, "has no `question`", "question"),
        ({"question": "x", "choices": ["a"]}, "has no `answer`", "answer"),
        ({"question": "x", "choices": "a, b", "answer": "A"}, "`choices` is no list", None),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str, column: str | None) -> None:
    with pytest.raises(FormatError) as error:
        choice().content(record)
    assert (str(error.value), error.value.column) == (reason, column)


def test_c_eval_by_columns_of_its_own() -> None:
    fields = {"question": "question", "choices": ["A", "B", "C", "D"], "answer": "answer"}
    record = {"id": 0, "question": "下列属于__的是____。", "A": "甲", "B": "乙", "C": "丙", "D": "丁", "answer": "C"}
    assert mapped(fields, "choice").content(record) == {
        "question": "下列属于__的是____。",
        "choices": ["甲", "乙", "丙", "丁"],
        "answer": "C",
    }


@MANY
@given(records("question", "choices", "answer", like=st.text(max_size=3) | st.lists(st.text(max_size=3))))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(choice(), record)
