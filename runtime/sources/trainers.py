"""The files that trainers read: TRL's dataset types, and those of OpenAI's fine-tuning API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.rows.messages import Message
from tunec.runtime.sources.chats import (
    BESIDE,
    Content,
    answer_of,
    chat_format,
    compared,
    context_of,
    pair_format,
    rated_format,
    tools_in,
)
from tunec.runtime.sources.conversations import Reader, with_system
from tunec.runtime.sources.mapping import mapped
from tunec.runtime.sources.records import needed

#: What the answer of a task is called.
_ANSWERS = ("answer", "solution", "reference_answer")


def of_trl(rows: str, split: bool) -> RowFormat:
    """The dataset types of TRL that hold rows of a type."""
    if rows == "preference":
        return pair_format("trl", split)
    if rows == "rated":
        return rated_format("trl", split)
    if rows in ("text", "instruction"):
        fields = {"text": {"text": "text"}, "instruction": {"prompt": "prompt", "response": "completion"}}[rows]
        return replace(mapped(fields, rows), name="trl")
    if rows == "task":
        return _task("trl", "prompt", split)
    reader = Reader(split=split)
    whole = chat_format("trl", lambda record: "messages", split, reader)

    def content(record: dict[str, Any]) -> Content | list[Content]:
        if "completions" in record:
            raise FormatError("stepwise supervision has no row type")
        if "completion" not in record:
            return whole.content(record)
        reader.notices.record(record, BESIDE)
        context = context_of(record, reader, "prompt")
        if context is None:
            raise FormatError("has no `prompt`", "prompt")
        messages = [*(_read_only(message) for message in context), *answer_of(record, "completion", reader)]
        return {"messages": reader.notices.chat(messages), **tools_in(record, reader.notices)}

    return replace(whole, content=content)


def _read_only(message: Message) -> Message:
    """A message of a prompt, which is not trained on."""
    return {**message, "train": False} if message["role"] == "assistant" else message


def of_openai(rows: str) -> RowFormat:
    """The files of OpenAI's API that hold rows of a type."""
    if rows == "task":
        return _task("openai_finetune", "messages", False)
    if rows == "chat":
        return chat_format("openai_finetune", lambda record: "messages", False)
    reader = Reader(split=False)

    def content(record: dict[str, Any]) -> Content:
        given = needed(record, "input")
        if not isinstance(given, dict):
            raise FormatError("`input` is not an object")
        context = reader.messages(needed(given, "messages"), "input.messages")
        chosen, rejected = (answer_of(record, key, reader) for key in ("preferred_output", "non_preferred_output"))
        return {**compared(context, chosen, rejected), **tools_in(given, reader.notices)}

    return RowFormat("openai_finetune", "preference", content, notes=reader.notices.notes)


def _task(name: str, column: str, split: bool) -> RowFormat:
    reader = Reader(split=split)

    def content(record: dict[str, Any]) -> Content:
        reader.notices.record(record, ("system",))
        value = needed(record, column)
        prompt = context_of({column: value}, reader, column) or []
        answer = next((record[key] for key in _ANSWERS if record.get(key) is not None), None)
        if answer is not None and not isinstance(answer, str | int | float):
            raise FormatError(f"the answer is not text but {type(answer).__name__}")
        return {
            "prompt": with_system(prompt, record, reader.notices),
            "answer": None if answer is None else str(answer),
        }

    return RowFormat(name, "task", content, notes=reader.notices.notes)
