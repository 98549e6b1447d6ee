"""The layout `preference`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.operator import operator
from tunec.runtime.sources.records import text
from tunec.runtime.values import RowFormat

_PLAIN = {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"}


@operator(version=1, rows=("preference",))
def preference() -> RowFormat:
    """`prompt`, `chosen`, `rejected`."""
    return RowFormat("preference", "preference", _content, _PLAIN)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    return {name: text(record, name) for name in ("prompt", "chosen", "rejected")}
