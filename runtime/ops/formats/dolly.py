"""The layout `dolly`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.notices import watched
from tunec.runtime.sources.records import optional, text


@operator(version=2, rows=("instruction",))
def dolly() -> RowFormat:
    """`instruction`, optional `context`, `response` (Databricks Dolly)."""
    return watched(RowFormat("dolly", "instruction", _content))


def _content(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "instruction": text(record, "instruction"),
        "input": optional(record, "context"),
        "response": text(record, "response"),
        "system": None,
    }
