"""The layout `dolly`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.operator import operator
from tunec.runtime.sources.records import text
from tunec.runtime.values import RowFormat


@operator(version=1, rows=("instruction",))
def dolly() -> RowFormat:
    """`instruction`, optional `context`, `response` (Databricks Dolly)."""
    return RowFormat("dolly", "instruction", _content)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "instruction": text(record, "instruction"),
        "input": text(record, "context", optional=True),
        "response": text(record, "response"),
        "system": "",
    }
