from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.ops.material import MANY, records, row_or_reason
from tunec.runtime.base.values import FormatError
from tunec.runtime.ops.formats.text import text


@pytest.mark.parametrize("said", ["Once upon a time", "从前有一座山。\n", ""])
def test_by_hand(said: str) -> None:
    assert text().content({"text": said, "url": "x"}) == {"text": said}
    assert text().plain == {"text": "text"}


@pytest.mark.parametrize(
    ("record", "reason", "column"),
    [({"txt": "x"}, "has no `text`", "text"), ({"text": None}, "`text` is null", "text"),
     ({"text": 1.5}, "`text` is not text but float", None)],
)  # fmt: skip
def test_what_is_none(record: dict[str, Any], reason: str, column: str | None) -> None:
    with pytest.raises(FormatError) as error:
        text().content(record)
    assert (str(error.value), error.value.column) == (reason, column)


@MANY
@given(records("text", like=st.text(ANY, max_size=5)))
def test_any_record(record: dict[str, Any]) -> None:
    row_or_reason(text(), record)
