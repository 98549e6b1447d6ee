"""The layout `transcript`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.records import text
from tunec.runtime.sources.transcripts import turns_of


@operator(version=1, rows=("chat",))
def transcript() -> RowFormat:
    """`text`, or `chosen`: a conversation written out as `\\n\\nHuman: … \\n\\nAssistant: …` (Anthropic's HH)."""
    return RowFormat("transcript", "chat", _content)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    column = "chosen" if "text" not in record and "chosen" in record else "text"
    return {"messages": turns_of(text(record, column), column)}
