"""The parts of a turn, put together in the one order that a row has for them: thoughts, text, calls of tools."""

from __future__ import annotations

from typing import Any

from tunec.runtime.rows.messages import Message
from tunec.runtime.sources.notices import Notices

_ORDER = ("reasoning", "content", "tool_calls")
_MOVED = {"reasoning": "a thought after what was said or called", "content": "a text after a call"}


def put(message: Message, key: str, value: Any, notices: Notices, between: str = "\n\n") -> None:
    """Add a part to a turn: a text of `reasoning` or `content` after those before it, or a list of `tool_calls`. A part
    that thereby stands before one that it followed is counted."""
    if value and any(message.get(later) for later in _ORDER[_ORDER.index(key) + 1 :]):
        notices.moved(_MOVED[key])
    if key == "tool_calls":
        message[key] = [*message.get(key, ()), *value]
    else:
        message[key] = between.join(text for text in (message.get(key), value) if text)
