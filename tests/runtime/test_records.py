"""Formats that a spec describes by the names of columns."""

from __future__ import annotations

import pytest

from tunec.runtime.base.values import FormatError
from tunec.runtime.sources.mapping import mapped


def test_nested_columns() -> None:
    layout = mapped({"instruction": "data.ask.0", "response": "data.reply.text"}, "instruction")
    record = {"data": {"ask": ["问", "x"], "reply": {"text": "答"}}}
    assert layout.content(record) == {"instruction": "问", "input": None, "response": "答", "system": None}
    with pytest.raises(FormatError, match=r"has no `data.ask.0`"):
        layout.content({"data": {"ask": []}})
    assert mapped({"text": "a.b"}, "text").content({"a.b": "the column itself", "a": {"b": "x"}}) == {
        "text": "the column itself"
    }
