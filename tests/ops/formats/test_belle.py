from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.ops.material import MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.belle import belle


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (
            {"instruction": "翻译下面的句子。", "input": "你好", "output": "Hello"},
            {"instruction": "翻译下面的句子。", "input": "你好", "response": "Hello", "system": None},
        ),
        # As the 0.5M and 1M files are written: instruction and input merged into `input`.
        (
            {"input": "写一首关于春天的诗。\n", "target": "春风又绿江南岸"},
            {"instruction": "写一首关于春天的诗。\n", "input": None, "response": "春风又绿江南岸", "system": None},
        ),
        (
            {"instruction": "Say one.", "output": "One"},
            {"instruction": "Say one.", "input": None, "response": "One", "system": None},
        ),
    ],
)
def test_by_hand(record: dict[str, Any], row: dict[str, Any]) -> None:
    assert belle().content(record) == row


@pytest.mark.parametrize(
    ("record", "column"),
    [({"input": "x"}, "instruction"), ({"target": "x"}, "input"), ({"instruction": "x"}, "output"),
     ({"input": "x", "target": None}, "target")],
)  # fmt: skip
def test_what_is_none(record: dict[str, Any], column: str) -> None:
    with pytest.raises(FormatError) as error:
        belle().content(record)
    assert error.value.column == column


@MANY
@given(records("instruction", "input", "output", "target", like=st.text(ANY, max_size=5)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(belle(), record)
