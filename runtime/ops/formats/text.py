"""The layout `text`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources import records

_PLAIN = {"text": "text"}


@operator(version=1, rows=("text",))
def text() -> RowFormat:
    """`text`: plain text."""
    return RowFormat("text", "text", _content, _PLAIN)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    return {"text": records.text(record, "text")}
