"""The layout `sharegpt`."""

from __future__ import annotations

from typing import Any

from tunec.runtime.operator import operator
from tunec.runtime.sources.records import turns
from tunec.runtime.values import RowFormat


@operator(version=2, rows=("chat",))
def sharegpt() -> RowFormat:
    """`conversations` (or `conversation`): a list of `{from, value}` (ShareGPT's layout), optional `system`.

    Turns may be named `human`, `gpt`, `chatgpt`, `bing`, `bard`, `system`, `function_call`, `observation`, `tool`, and
    other common names; turns of `{role, content}` are read as well.
    """
    return RowFormat("sharegpt", "chat", _content)


def _content(record: dict[str, Any]) -> dict[str, Any]:
    column = "conversation" if "conversations" not in record and "conversation" in record else "conversations"
    value = record.get(column)
    plain = isinstance(value, list) and bool(value) and isinstance(value[0], dict) and "from" not in value[0]
    found = turns(record, column, *(("role", "content") if plain else ("from", "value")))
    system = record.get("system")
    if isinstance(system, str) and system and found[0]["role"] != "system":
        found.insert(0, {"role": "system", "content": system})
    return {"messages": found}
