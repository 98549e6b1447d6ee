"""The layout `alpaca`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.notices import watched
from tunec.runtime.sources.records import optional, text

_PLAIN = {"instruction": "instruction", "input": "input", "response": "output", "system": "system"}


@operator(version=2, rows=("instruction",))
def alpaca() -> RowFormat:
    """`instruction`, optional `input`, `output` (Stanford Alpaca), optional `system`."""
    return watched(RowFormat("alpaca", "instruction", _content, _PLAIN, ("input", "system")), ("system",))


def _content(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "instruction": text(record, "instruction"),
        "input": optional(record, "input"),
        "response": text(record, "output"),
        "system": optional(record, "system"),
    }
