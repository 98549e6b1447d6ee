"""Formats that give rows of messages: what chats, preferences and rated answers have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.rows.messages import Message
from tunec.runtime.sources.conversations import Reader, refuse_media, with_system
from tunec.runtime.sources.notices import Notices, is_there
from tunec.runtime.sources.records import needed
from tunec.runtime.sources.tools import bare, tools_of

#: What a record of messages has beside them.
BESIDE = ("system", "tools", "functions")
Content = dict[str, Any]


def chat_format(
    name: str, column: Callable[[dict[str, Any]], str], split: bool, reader: Reader | None = None
) -> RowFormat:
    """A format whose records hold a chat in one column, with `system` and `tools` beside it."""
    reading = replace(reader or Reader(), split=split)

    def content(record: dict[str, Any]) -> Content:
        reading.notices.record(record, BESIDE)
        refuse_media(record)
        at = column(record)
        messages = with_system(reading.messages(needed(record, at), at), record, reading.notices)
        return {"messages": reading.notices.chat(messages), **tools_in(record, reading.notices)}

    return RowFormat(name, "chat", content, notes=reading.notices.notes)


def tools_in(record: dict[str, Any], notices: Notices) -> Content:
    """The schemas of the tools that a record offers; nothing where there are none."""
    column = "functions" if record.get("tools") is None and "functions" in record else "tools"
    found = tools_of(record.get(column), column)
    if column == "tools" and is_there(record.get("functions")):
        other = tools_of(record["functions"], "functions")
        if found is None:
            found = other
        elif bare(found) != bare(other):
            notices.passed_over("`functions` beside `tools`")
    return {} if found is None else {"tools": found}


def pair_format(name: str, split: bool) -> RowFormat:
    """A format of preferences: a context, and two answers to it."""
    reader = Reader(split=split)

    def content(record: dict[str, Any]) -> Content:
        reader.notices.record(record, BESIDE)
        refuse_media(record)
        context = context_of(record, reader)
        if context is None and any(isinstance(record.get(key), str) for key in ("chosen", "rejected")):
            needed(record, "prompt")
        chosen, rejected = (answer_of(record, key, reader) for key in ("chosen", "rejected"))
        return {**compared(context, chosen, rejected), **tools_in(record, reader.notices)}

    return RowFormat(name, "preference", content, notes=reader.notices.notes)


def rated_format(name: str, split: bool) -> RowFormat:
    """A format of rated answers: a context and an answer, or messages that end with it, and a label."""
    reader = Reader(split=split)

    def content(record: dict[str, Any]) -> Content:
        reader.notices.record(record, BESIDE)
        refuse_media(record)
        names = ("kto_tag", "label") if "kto_tag" in record and "label" not in record else ("label", "kto_tag")
        label = rating_of(record, *names)
        answered = answer_of(record, "completion", reader) if "completion" in record else None
        columns = ("messages", "conversations") if answered is None else ("prompt", "messages")
        whole = context_of(record, reader, *columns)
        if whole is None:
            raise FormatError(f"has no `{columns[0]}`", columns[0])
        context, completion = rated_parts(whole, answered)
        return {"messages": context, "completion": completion, "label": label, **tools_in(record, reader.notices)}

    return RowFormat(name, "rated", content, notes=reader.notices.notes)


def rated_parts(context: list[Message], answered: list[Message] | None) -> tuple[list[Message], list[Message]]:
    """A context and the answer to it, which may be the last of its messages. Raises FormatError."""
    if answered is not None:
        return context, answered
    if len(context) < 2 or context[-1]["role"] != "assistant":
        raise FormatError("the messages do not end with an answer")
    return context[:-1], context[-1:]


def rating_of(record: dict[str, Any], column: str, other: str) -> bool:
    """The label in a column, which one in the other may not contradict. Raises FormatError."""
    found = label_of(needed(record, column))
    try:
        second = found if record.get(other) is None else label_of(record[other])
    except FormatError:
        return found  # the other column is about something else
    if second != found:
        raise FormatError(f"`{column}` and `{other}` contradict each other")
    return found


def label_of(value: Any) -> bool:
    """Whether an answer was liked: true or false, or 1 or 0, which may be texts. Raises FormatError."""
    said = value.strip().lower() if isinstance(value, str) else value
    if said in ("true", "1") or (isinstance(said, bool | int | float) and said == 1):
        return True
    if said in ("false", "0") or (isinstance(said, bool | int | float) and said == 0):
        return False
    raise FormatError("the label is neither true (1) nor false (0)")


def context_of(record: Mapping[str, Any], reader: Reader, *columns: str) -> list[Message] | None:
    """What is answered: a text of the user, or messages; None where a record has no column for it."""
    for column in columns or ("prompt", "messages", "conversations", "conversation", "question"):
        value = record.get(column)
        if value is None:
            continue
        if isinstance(value, str) and not (column in ("messages", "conversations") and value.lstrip().startswith("[")):
            messages: list[Message] = [{"role": "user", "content": value}]
        else:
            messages = reader.messages(value, column)
        return with_system(messages, record, reader.notices)
    return None


def answer_of(record: dict[str, Any], column: str, reader: Reader) -> list[Message]:
    """An answer: a text of the assistant, a message, or messages. Raises FormatError."""
    value = needed(record, column)
    if isinstance(value, str):
        return [reader.answer(value)]
    return reader.messages([value] if isinstance(value, dict) else value, column)


def compared(context: list[Message] | None, chosen: list[Message], rejected: list[Message]) -> Content:
    """The content of a preference. Answers may repeat the context; where there is none it is what both begin with.

    Raises FormatError where the two do not answer the same context.
    """
    both = [chosen, rejected]
    if context is None:
        same = 0
        while same < min(map(len, both)) - 1 and chosen[same] == rejected[same]:
            same += 1
        context, both = chosen[:same], [answer[same:] for answer in both]
    else:
        both = [_after(context, answer) for answer in both]
    if all(message["role"] != "user" for message in context):
        raise FormatError("`chosen` and `rejected` do not answer the same prompt")
    for name, answer in zip(("chosen", "rejected"), both, strict=True):
        if not answer or answer[-1]["role"] != "assistant":
            raise FormatError(f"`{name}` does not end with an answer")
    return {"messages": context, "chosen": both[0], "rejected": both[1]}


def _after(context: list[Message], answer: list[Message]) -> list[Message]:
    """The answer without the context that it may begin with, whether or not that names the system prompt."""
    said = [message for message in context if message["role"] not in ("system", "developer")]
    for head in (context, said):
        if len(answer) > len(head) and [_key(m) for m in answer[: len(head)]] == [_key(m) for m in head]:
            return answer[len(head) :]
    if answer and answer[0]["role"] != "assistant" and len(answer) > 1 and answer[0]["role"] != "tool":
        raise FormatError("`chosen` and `rejected` do not answer the same prompt")
    return answer


def _key(message: Message) -> tuple[str, str]:
    return message["role"], (message.get("content") or "").strip()
