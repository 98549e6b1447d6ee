"""The files of LLaMA-Factory, whose alpaca form holds earlier turns in a column of their own."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.values import RowFormat
from tunec.runtime.rows.messages import Message
from tunec.runtime.sources.chats import (
    BESIDE,
    Content,
    answer_of,
    compared,
    context_of,
    rated_parts,
    rating_of,
    tools_in,
)
from tunec.runtime.sources.conversations import Reader, refuse_media, with_system
from tunec.runtime.sources.notices import is_there
from tunec.runtime.sources.records import optional, text

_LISTS = ("messages", "conversations")


def of_factory(rows: str, split: bool) -> RowFormat:
    """A format of LLaMA-Factory's records that gives rows of a type."""
    reader = Reader(split=split)

    def content(record: dict[str, Any]) -> Content:
        reader.notices.record(record, (*BESIDE, "history"))
        refuse_media(record)
        context = context_of(record, reader, *_LISTS)
        spoken = context is not None
        if context is None:
            context = with_system(_asked(record, reader), record, reader.notices)
        if rows == "preference":
            answers = (answer_of(record, name, reader) for name in ("chosen", "rejected"))
            return {**compared(context, *answers), **tools_in(record, reader.notices)}
        answered = None if spoken else answer_of(record, "output", reader)
        if rows == "rated":
            label = rating_of(record, *(("kto_tag", "label") if "kto_tag" in record else ("label", "kto_tag")))
            context, completion = rated_parts(context, answered)
            return {"messages": context, "completion": completion, "label": label, **tools_in(record, reader.notices)}
        return {"messages": reader.notices.chat([*context, *(answered or ())]), **tools_in(record, reader.notices)}

    return RowFormat("llamafactory", rows, content, notes=reader.notices.notes)


def _asked(record: dict[str, Any], reader: Reader) -> list[Message]:
    """The turns before the answer, in alpaca form."""
    history = record.get("history")
    earlier = reader.messages(history, "history") if is_there(history) else []
    question = "\n".join(part for part in (text(record, "instruction"), optional(record, "input")) if part)
    return [*earlier, {"role": "user", "content": question}]
