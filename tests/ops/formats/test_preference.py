from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, records, row_or_reason
from tunec.runtime.ops.formats.preference import preference
from tunec.runtime.values import FormatError


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "Say hello.", "chosen": "Hello!", "rejected": "No."},
        {"prompt": "说你好。", "chosen": "你好！", "rejected": ""},
    ],
)
def test_by_hand(record: dict[str, Any]) -> None:
    assert preference().content({**record, "source": "x"}) == record
    assert preference().plain == {name: name for name in record}


@pytest.mark.parametrize("column", ["prompt", "chosen", "rejected"])
def test_what_is_none(column: str) -> None:
    record: dict[str, Any] = {"prompt": "x", "chosen": "y", "rejected": "z"}
    with pytest.raises(FormatError, match=f"`{column}` is null") as error:
        preference().content({**record, column: None})
    assert error.value.column == column
    with pytest.raises(FormatError, match=f"`{column}` is no text but list"):
        preference().content({**record, column: [{"role": "user", "content": "x"}]})


@MANY
@given(records("prompt", "chosen", "rejected", like=st.text(max_size=5)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(preference(), record)
