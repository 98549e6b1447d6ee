"""The layout `messages`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.operator import operator
from tunec.runtime.sources.records import turns
from tunec.runtime.values import RowFormat


@operator(version=2, rows=("chat",))
def messages() -> RowFormat:
    """`messages`: a list of `{role, content}` (OpenAI's chat layout), with system and tool turns.

    Content in several parts is joined. Tool calls become JSON, `{"name": …, "arguments": …}`, one per line, after what
    the assistant says.
    """
    return RowFormat("messages", "chat", _content)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    return {"messages": turns(record, "messages", "role", "content")}
