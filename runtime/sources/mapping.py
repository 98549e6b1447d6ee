"""The formats that a record of a spec describes: `{question: "q", choices: ["A", "B"], answer: "key"}`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tunec.compiler.types import CONTENT, MESSAGES, RowType
from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.rows.messages import Message
from tunec.runtime.sources.chats import Content, answer_of, compared, context_of, label_of, rated_parts
from tunec.runtime.sources.choices import choice_row
from tunec.runtime.sources.conversations import Reader, with_system
from tunec.runtime.sources.notices import RECORD_KEYS, is_there
from tunec.runtime.sources.records import needed, optional, text, value_at
from tunec.runtime.sources.tools import tools_of

#: The sides of a chat that may be called otherwise in a file.
SIDES = ("user", "assistant")
Fields = dict[str, Any]


def mapped(fields: Fields, rows: str) -> RowFormat:
    """The format that maps the fields of a row type to columns; a column may lie inside of another (`a.b.0`)."""
    # With a key for the role, `user` and `assistant` are what the sides are called in it.
    paired = "messages" in fields and "role" not in fields
    reader = Reader(
        role=str(fields.get("role", "")),
        content=str(fields.get("content", "")),
        user=str(fields.get("user", "")) if paired else "",
        assistant=str(fields.get("assistant", "")) if paired else "",
        sides={} if paired else {str(fields[side]): side for side in SIDES if side in fields and "messages" in fields},
        thoughts=str(fields.get("reasoning", "")),
        parity=fields.get("turns") == "parity",
    )
    kinds: dict[str, Callable[[dict[str, Any]], Content]] = {
        "text": lambda record: {"text": _stripped(fields, text(record, fields["text"]))},
        "instruction": lambda record: _instruction(fields, record),
        "chat": lambda record: _chat(fields, record, reader),
        "preference": lambda record: _preference(fields, record, reader),
        "rated": lambda record: _rated(fields, record, reader),
        "choice": lambda record: _choice(fields, record),
        "task": lambda record: _task(fields, record, reader),
    }
    names = [name for value in fields.values() for name in (value if isinstance(value, list) else [value])]
    used = frozenset(str(name).split(".")[0] for name in names)

    watched = RECORD_KEYS - used

    def content(record: dict[str, Any]) -> Content:
        reader.notices.record(record, used)
        return kinds[rows](record)

    return RowFormat("of the spec", rows, content, *_plain_of(fields, rows), watched, reader.notices.notes)


def inline(rows: RowType) -> RowFormat:
    """The format of rows that are written in a spec or were published: their fields are called as in the row type.

    Messages are taken as they stand there: nothing of them is read as reasoning, or as a part of the context.
    """
    fields: Fields = {name: name for name in CONTENT[rows]}
    if rows in (RowType.PREFERENCE, RowType.RATED):
        fields["prompt"] = "prompt"
    layout, reader, lists = mapped(fields, rows.value), Reader(split=False), MESSAGES.get(rows, ())

    def content(record: dict[str, Any]) -> Content | list[Content]:
        if not lists or not all(isinstance(record.get(name), list) for name in lists):
            return layout.content(record)
        told = {name: reader.messages(record[name], name) for name in lists}
        others = {name: record[name] for name in CONTENT[rows] if name not in lists and record.get(name) is not None}
        found = tools_of(others.pop("tools", None))
        return {**told, **others} if found is None else {**told, **others, "tools": found}

    return replace(layout, content=content)


def _stripped(fields: Fields, value: str) -> str:
    return value.removeprefix(str(fields.get("strip_prefix", "")))


def _instruction(fields: Fields, record: dict[str, Any]) -> Content:
    column = str(fields.get("instruction", fields.get("prompt")))
    return {
        "instruction": _stripped(fields, text(record, column)),
        "input": optional(record, fields.get("input")),
        "response": text(record, fields["response"]) if "response" in fields else None,
        "system": optional(record, fields.get("system")),
    }


def _chat(fields: Fields, record: dict[str, Any], reader: Reader) -> Content:
    if "messages" in fields:
        messages = reader.messages(needed(record, fields["messages"]), fields["messages"])
    else:
        messages = _exchanges(needed(record, fields["user"]), needed(record, fields["assistant"]), reader)
    messages = _continued(fields, record, messages, reader)
    return {"messages": reader.notices.chat(_after_system(fields, record, messages, reader)), **_tools(fields, record)}


def _continued(fields: Fields, record: dict[str, Any], messages: list[Message], reader: Reader) -> list[Message]:
    """The turns after those of the history, with the input on a line below the last that the user asks."""
    added = optional(record, fields.get("input"))
    last = max((n for n, turn in enumerate(messages) if turn["role"] == "user"), default=None)
    if added and last is not None:
        asked = "\n".join(part for part in (messages[last]["content"], added) if part)
        messages = [*messages[:last], {**messages[last], "content": asked}, *messages[last + 1 :]]
    earlier = value_at(record, fields["history"]) if "history" in fields else None
    return [*reader.messages(earlier, fields["history"]), *messages] if is_there(earlier) else messages


def _exchanges(asked: Any, answered: Any, reader: Reader) -> list[Message]:
    """The turns in two columns: a text each, or a list of texts each."""
    sides = [[side] if isinstance(side, str) else side for side in (asked, answered)]
    if not all(isinstance(side, list) and all(isinstance(said, str) for said in side) for side in sides):
        raise FormatError("the turns of the user or of the assistant are not texts")
    if len(sides[0]) != len(sides[1]) or not sides[0]:
        raise FormatError(f"{len(sides[0])} turns of the user and {len(sides[1])} of the assistant")
    return [
        turn
        for question, answer in zip(*sides, strict=True)
        for turn in ({"role": "user", "content": question}, reader.answer(answer))
    ]


def _preference(fields: Fields, record: dict[str, Any], reader: Reader) -> Content:
    named: dict[str, Any] = {key: value_at(record, fields[key]) for key in ("prompt", "messages") if key in fields}
    if isinstance(named.get("prompt"), str):
        named["prompt"] = _stripped(fields, named["prompt"])
    context = context_of(named, reader, "messages", "prompt")
    if context is not None:
        context = _after_system(fields, record, _continued(fields, record, context, reader), reader)
    chosen, rejected = (answer_of(record, fields[key], reader) for key in ("chosen", "rejected"))
    return {**compared(context, chosen, rejected), **_tools(fields, record)}


def _rated(fields: Fields, record: dict[str, Any], reader: Reader) -> Content:
    named: dict[str, Any] = {key: value_at(record, fields[key]) for key in ("prompt", "messages") if key in fields}
    context = context_of(named, reader, "messages", "prompt")
    if context is None:
        raise FormatError("has no prompt")
    label = needed(record, fields["label"])
    context, completion = rated_parts(
        context, answer_of(record, fields["completion"], reader) if "completion" in fields else None
    )
    context = _continued(fields, record, context, reader)
    return {
        "messages": _after_system(fields, record, context, reader),
        "completion": completion,
        "label": label_of(label),
        **_tools(fields, record),
    }


def _task(fields: Fields, record: dict[str, Any], reader: Reader) -> Content:
    column = str(fields["prompt"])
    context = context_of({"prompt": needed(record, column)}, reader, "prompt") or []
    answer = value_at(record, fields["answer"]) if "answer" in fields else None
    if answer is not None and not isinstance(answer, str | int | float):
        raise FormatError(f"`{fields['answer']}` is not text but {type(answer).__name__}")
    prompt = _after_system(fields, record, context, reader)
    return {"prompt": prompt, "answer": None if answer is None else str(answer)}


def _choice(fields: Fields, record: dict[str, Any]) -> Content:
    answer, labels = fields.get("answer", "answer"), fields.get("labels")
    row = choice_row(record, fields["question"], fields.get("choices"), answer, labels)
    return {**row, "question": _stripped(fields, row["question"])}


def _after_system(fields: Fields, record: dict[str, Any], messages: list[Message], reader: Reader) -> list[Message]:
    return with_system(messages, {"system": optional(record, fields.get("system"))}, reader.notices)


def _tools(fields: Fields, record: dict[str, Any]) -> Content:
    found = tools_of(value_at(record, fields["tools"]), fields["tools"]) if "tools" in fields else None
    return {} if found is None else {"tools": found}


def _plain_of(fields: Fields, rows: str) -> tuple[dict[str, str | None] | None, tuple[str, ...]]:
    """The columns behind the content columns, and which of them are optional, where a value is taken as it stands."""
    parts = [name for value in fields.values() for name in (value if isinstance(value, list) else [value])]
    if rows not in ("instruction", "text") or "strip_prefix" in fields or any("." in str(name) for name in parts):
        return None, ()
    if rows == "text":
        return {"text": fields["text"]}, ()
    first = fields.get("instruction", fields.get("prompt"))
    others = {name: fields.get(name) for name in ("input", "response", "system")}
    return {"instruction": first, **others}, ("input", "system")
