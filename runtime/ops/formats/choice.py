"""The layout `choice`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.operator import operator
from tunec.runtime.sources.records import choice_row
from tunec.runtime.values import RowFormat


@operator(version=1, rows=("choice",))
def choice() -> RowFormat:
    """`question`, optional `choices`, `answer` (a letter, an index counted from zero, or the text)."""
    return RowFormat("choice", "choice", _content)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    return choice_row(record, "question", "choices", "answer")
