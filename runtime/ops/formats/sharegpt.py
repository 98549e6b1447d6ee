"""The layout `sharegpt`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.operator import operator
from tunec.runtime.records import turns
from tunec.runtime.values import RowFormat


@operator(version=1, rows=("chat",))
def sharegpt() -> RowFormat:
    """`conversations`: a list of `{from, value}` (ShareGPT's layout)."""
    return RowFormat("sharegpt", "chat", _content)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    return {"messages": turns(record, "conversations", "from", "value")}
