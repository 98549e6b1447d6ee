"""The layout `belle`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.notices import watched
from tunec.runtime.sources.records import optional, text


@operator(version=2, rows=("instruction",))
def belle() -> RowFormat:
    """`instruction`, optional `input`, `output`, or `input` and `target` (BELLE's two layouts)."""
    return watched(RowFormat("belle", "instruction", _content))


def _content(record: dict[str, Any]) -> dict[str, Any]:
    if "target" in record:
        return {"instruction": text(record, "input"), "input": None, "response": text(record, "target"), "system": None}
    return {
        "instruction": text(record, "instruction"),
        "input": optional(record, "input"),
        "response": text(record, "output"),
        "system": None,
    }
