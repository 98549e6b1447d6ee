"""The layout `text`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.operator import operator
from tunec.runtime.sources import records
from tunec.runtime.values import RowFormat

_PLAIN = {"text": "text"}


@operator(version=1, rows=("text",))
def text() -> RowFormat:
    """`text`: plain text."""
    return RowFormat("text", "text", _content, _PLAIN)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    return {"text": records.text(record, "text")}
