"""Conversations in the channels of OpenAI's Harmony format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.rows.messages import Message
from tunec.runtime.sources.conversations import ROLES, Reader, role_of
from tunec.runtime.sources.notices import is_there
from tunec.runtime.sources.records import needed
from tunec.runtime.sources.tools import arguments_of, tools_of

_RENDERED = re.compile(
    r"<\|start\|>(.*?)<\|message\|>(.*?)(?:<\|end\|>|<\|call\|>|<\|return\|>|(?=<\|start\|>)|\Z)", re.S
)
#: Who speaks, to whom, in which channel, and what kind of content follows.
_HEAD = re.compile(
    r"\s*(?P<author>[^\s<]+)(?:\s+to=(?P<first>[^\s<]+))?\s*"
    r"(?:<\|channel\|>\s*(?P<channel>\w+)(?:\s+to=(?P<second>[^\s<]+))?\s*)?"
    r"(?:<\|constrain\|>\s*)?[\w/-]*\s*"
)
#: What may stand between messages: marks that say nothing, and at the end the cue for an answer.
_BETWEEN = re.compile(r"(?:\s|<\|startoftext\|>|<\|endoftext\|>)*(?:<\|start\|>\s*assistant\s*\Z)?")
_CHANNELS = ("", "analysis", "commentary", "final")
_FUNCTION = "functions."
#: Recipients that are no tools.
_EVERYBODY = ("", "all", "assistant", "user")
#: Keys of a message that say where it goes.
_ROUTED = ("channel", "recipient", "author", "content_type")


@dataclass(frozen=True, slots=True)
class _Part:
    """A message of Harmony: who says it, in which channel, to whom."""

    author: str
    channel: str
    recipient: str
    content: str
    call: str | None = None  # the id of the call that it answers


@dataclass(slots=True)
class _Turns:
    """Turns put together of parts."""

    found: list[Message] = field(default_factory=list)
    current: Message | None = None

    def add(self, part: _Part) -> None:
        """Add a part: thoughts and calls gather in one turn until something is said, or somebody else speaks.

        Raises FormatError where its author or channel is unknown.
        """
        if part.channel not in _CHANNELS:
            raise FormatError(f"a message is in the unknown channel `{part.channel[:40]}`")
        if part.author != "assistant":
            self.flush()
            # What answers the assistant under a name of its own is a tool: `functions.f`, `browser.search`, `python`.
            tool = part.author.startswith(_FUNCTION) or (part.recipient == "assistant" and part.author not in ROLES)
            answer: Message = {"role": "tool" if tool else role_of(part.author, "messages"), "content": part.content}
            answer |= {"name": part.author.removeprefix(_FUNCTION)} if tool else {}
            self.found.append(answer if part.call is None else {**answer, "tool_call_id": part.call})
            return
        call = "" if part.recipient in _EVERYBODY else part.recipient.removeprefix(_FUNCTION)
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
            if "<|message|>" not in record["text"]:
                raise FormatError("`text` is not rendered in the Harmony format")
            for part in _rendered(record["text"]):
                turns.add(part)
        else:
            value = needed(record, "messages")
            if not isinstance(value, list) or not value:
                raise FormatError("`messages` is not a list of turns")
            for message in value:
                _take(turns, message, reader)
        turns.flush()
        tools = tools_of(record.get("tools"))
        chat = {"messages": reader.notices.chat(turns.found)}
        return chat if tools is None else {**chat, "tools": tools}

    return RowFormat(name, "chat", content, notes=reader.notices.notes)


def _take(turns: _Turns, message: Any, reader: Reader) -> None:
    """A message with a channel or a recipient is a part of a turn; another one is a turn as in OpenAI's layout."""
    if not isinstance(message, dict):
        raise FormatError("a turn of `messages` is not an object")
    if not any(message.get(key) for key in _ROUTED) or is_there(message.get("tool_calls")):
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
    for key in read.keys() & {"reasoning", "train"}:
        reader.notices.passed_over(f"`{key}` of a message in a channel")
    channel, recipient = (str(message.get(key) or "") for key in ("channel", "recipient"))
    turns.add(_Part(role, channel, recipient, read.get("content", ""), read.get("tool_call_id")))


def _rendered(text: str) -> Iterator[_Part]:
    """The parts of a rendered conversation: `<|start|>HEAD<|message|>CONTENT<|end|>`. Raises FormatError where there
    is more than that."""
    end = 0
    for found in _RENDERED.finditer(text):
        _nothing(text[end : found.start()])
        end = found.end()
        head = _HEAD.fullmatch(found[1])
        if head is None:
            raise FormatError("the head of a message is none of Harmony")
        to = head["first"] or head["second"] or ""
        yield _Part(head["author"], head["channel"] or "", to, found[2])
    _nothing(text[end:])


def _nothing(text: str) -> None:
    """Raise FormatError where something is said outside of messages."""
    if _BETWEEN.fullmatch(text) is None:
        raise FormatError("a text stands outside of the messages")
