"""The layout `belle`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.operator import operator
from tunec.runtime.sources.records import text
from tunec.runtime.values import RowFormat


@operator(version=1, rows=("instruction",))
def belle() -> RowFormat:
    """`instruction`, optional `input`, `output`, or `input` and `target` (BELLE's two layouts)."""
    return RowFormat("belle", "instruction", _content)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    if "target" in record:
        return {"instruction": text(record, "input"), "input": "", "response": text(record, "target"), "system": ""}
    return {
        "instruction": text(record, "instruction"),
        "input": text(record, "input", optional=True),
        "response": text(record, "output"),
        "system": "",
    }
