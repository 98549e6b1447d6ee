from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.ops.material import MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.dolly import dolly


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (
            {"instruction": "Who?", "context": "Ada wrote it.", "response": "Ada", "category": "closed_qa"},
            {"instruction": "Who?", "input": "Ada wrote it.", "response": "Ada", "system": None},
        ),
        (
            {"instruction": "写诗", "response": "好"},
            {"instruction": "写诗", "input": None, "response": "好", "system": None},
        ),
        # `input` and `system` are no columns of this layout.
        (
            {"instruction": "x", "input": "i", "system": "s", "context": None, "response": "y"},
            {"instruction": "x", "input": None, "response": "y", "system": None},
        ),
    ],
)
def test_by_hand(record: dict[str, Any], row: dict[str, Any]) -> None:
    assert dolly().content(record) == row


@pytest.mark.parametrize("column", ["instruction", "response"])
def test_what_is_none(column: str) -> None:
    record = {"instruction": "x", "context": "", "response": "y"}
    del record[column]
    with pytest.raises(FormatError, match=f"has no `{column}`") as error:
        dolly().content(record)
    assert error.value.column == column


@MANY
@given(records("instruction", "context", "response", like=st.text(ANY, max_size=5)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(dolly(), record)
