"""Conversations in the channels of OpenAI's Harmony format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.rows.messages import Message
from tunec.runtime.sources.conversations import Reader, role_of
from tunec.runtime.sources.records import needed
from tunec.runtime.sources.tools import arguments_of, tools_of

_RENDERED = re.compile(
    r"<\|start\|>(.*?)<\|message\|>(.*?)(?:<\|end\|>|<\|call\|>|<\|return\|>|(?=<\|start\|>)|\Z)", re.S
)
_FUNCTION = "functions."
#: Keys of a message that say where it goes.
_ROUTED = ("channel", "recipient", "author", "content_type")


@dataclass(frozen=True, slots=True)
class _Part:
    """A message of Harmony: who says it, in which channel, to whom."""

    author: str
    channel: str
    recipient: str
    content: str


@dataclass(slots=True)
class _Turns:
    """Turns put together of parts."""

    found: list[Message] = field(default_factory=list)
    current: Message | None = None

    def add(self, part: _Part) -> None:
        """Add a part: thoughts and calls gather in one turn until something is said, or somebody else speaks."""
        if part.author != "assistant":
            self.flush()
            named = part.author.removeprefix(_FUNCTION) if part.author.startswith(_FUNCTION) else ""
            role = "tool" if named else role_of(part.author, "messages")
            self.found.append({"role": role, "content": part.content, **({"name": named} if named else {})})
            return
        call = part.recipient.removeprefix(_FUNCTION) if part.recipient.startswith(_FUNCTION) else ""
        done = self.current is not None and ("content" in self.current or (not call and "tool_calls" in self.current))
        if done:
            self.flush()
        turn = self.current = self.current or {"role": "assistant"}
        if call:
            turn.setdefault("tool_calls", []).append({"name": call, "arguments": arguments_of(part.content)})
        elif part.channel == "analysis":
            turn["reasoning"] = "\n\n".join([*filter(None, [turn.get("reasoning")]), part.content])
        else:
            turn["content"] = part.content

    def flush(self) -> None:
        """What comes is another turn."""
        if self.current is not None:
            self.found.append(self.current)
        self.current = None


def is_rendered(text: object) -> bool:
    """Whether a text is a rendered conversation."""
    return isinstance(text, str) and re.match(r"\s*<\|start\|>\w", text) is not None


def has_channels(record: dict[str, Any]) -> bool:
    """Whether messages of a record say in which channel they are, or to whom."""
    turns = record.get("messages")
    return isinstance(turns, list) and any(
        isinstance(turn, dict) and (turn.get("channel") or turn.get("recipient")) for turn in turns
    )


def of_channels(name: str) -> RowFormat:
    """A format of conversations in channels."""
    reader = Reader(split=False)

    def content(record: dict[str, Any]) -> dict[str, Any]:
        reader.notices.record(record, ("tools", "thinking", "channel"))
        rendered = "messages" not in record and isinstance(record.get("text"), str)
        turns = _Turns()
        if rendered:
            for part in _rendered(record["text"]):
                turns.add(part)
        else:
            value = needed(record, "messages")
            if not isinstance(value, list) or not value:
                raise FormatError("`messages` is not a list of turns")
            for message in value:
                _take(turns, message, reader)
        turns.flush()
        if not turns.found:
            raise FormatError("`text` is not rendered in the Harmony format")
        tools = tools_of(record.get("tools"))
        chat = {"messages": reader.notices.chat(turns.found)}
        return chat if tools is None else {**chat, "tools": tools}

    return RowFormat(name, "chat", content, notes=reader.notices.notes)


def _take(turns: _Turns, message: Any, reader: Reader) -> None:
    """A message with a channel or a recipient is a part of a turn; another one is a turn as in OpenAI's layout."""
    if not isinstance(message, dict):
        raise FormatError("a turn of `messages` is not an object")
    if not any(message.get(key) for key in _ROUTED):
        read = reader.message(message, "messages")
        if turns.current is not None and read["role"] == "assistant" and set(turns.current) == {"role", "reasoning"}:
            read, turns.current = {**turns.current, **read}, None
        turns.flush()
        turns.found.append(read)
        return
    plain = {key: value for key, value in message.items() if key not in _ROUTED}
    author = message.get("author")
    told = author if isinstance(author, dict) else {}
    role = str(told.get("role", message.get("role", "")))
    named = told.get("name", message.get("name"))
    read = reader.message({**plain, "role": role}, "messages")
    if role == "tool" and isinstance(named, str):
        role = _FUNCTION + named.removeprefix(_FUNCTION)
    channel, recipient = (str(message.get(key) or "") for key in ("channel", "recipient"))
    turns.add(_Part(role, channel, recipient, read.get("content", "")))


def _rendered(text: str) -> Iterator[_Part]:
    """The parts of a rendered conversation: `<|start|>HEADER<|message|>CONTENT<|end|>`."""
    for header, content in _RENDERED.findall(text):
        spoken, _, routed = header.partition("<|channel|>")
        channel = re.match(r"\s*(\w*)", routed)
        recipient = re.search(r"to=([^\s<]+)", header)
        author = spoken.split()[0] if spoken.split() else ""
        yield _Part(author, channel[1] if channel else "", recipient[1] if recipient else "", content)
