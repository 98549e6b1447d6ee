from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.ops.material import MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.alpaca import alpaca


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (
            {"instruction": "Add them.", "input": "2 3", "output": "5", "text": "Below is an instruction …"},
            {"instruction": "Add them.", "input": "2 3", "response": "5", "system": None},
        ),
        (
            {"instruction": "写一首诗。", "output": "好", "system": "请用中文。"},
            {"instruction": "写一首诗。", "input": None, "response": "好", "system": "请用中文。"},
        ),
        (
            {"instruction": " x ", "input": None, "output": "", "system": None},
            {"instruction": " x ", "input": None, "response": "", "system": None},
        ),
    ],
)
def test_by_hand(record: dict[str, Any], row: dict[str, Any]) -> None:
    assert alpaca().content(record) == row


@pytest.mark.parametrize(
    ("record", "reason", "column"),
    [
        ({"instruction": "x", "outptu": "y"}, "has no `output`", "output"),
        ({"instruction": None, "output": "y"}, "`instruction` is null", "instruction"),
        ({"instruction": 3, "output": "y"}, "`instruction` is not text but int", None),
        ({"instruction": "x", "input": ["y"], "output": "z"}, "`input` is not text but list", None),
    ],
)
def test_what_is_none(record: dict[str, Any], reason: str, column: str | None) -> None:
    with pytest.raises(FormatError) as error:
        alpaca().content(record)
    assert (str(error.value), error.value.column) == (reason, column)


def test_whole_tables_are_taken_as_single_records_are() -> None:
    layout = alpaca()
    record = {"instruction": "a", "input": "b", "output": "c", "system": "d"}
    assert layout.plain is not None
    assert {name: record[column] for name, column in layout.plain.items()} == layout.content(record)
    assert set(layout.optional) == {"input", "system"}


@MANY
@given(records("instruction", "input", "output", "system", like=st.text(ANY, max_size=5)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(alpaca(), record)
