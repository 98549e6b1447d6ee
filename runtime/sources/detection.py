"""Which layout a record is in, by the names of its columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tunec.runtime.sources.transcripts import is_transcript
from tunec.runtime.values import RowFormat

#: The most telling columns first: many data sets have a `text` or a `prompt` beside what they are about.
_TELLING: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(names.split()), layout)
    for names, layout in (
        ("input preferred_output non_preferred_output", "openai_finetune"),
        ("prompt chosen rejected", "preference"),
        ("messages chosen rejected", "preference"),
        ("conversations chosen rejected", "preference"),
        ("conversation chosen rejected", "preference"),
        ("prompt completion label", "kto"),
        ("messages label", "kto"),
        ("messages", "messages"),
        ("conversations", "sharegpt"),
        ("conversation", "sharegpt"),
        ("chosen rejected", "hh"),
        ("instances", "self_instruct"),
        ("instruction output", "alpaca"),
        ("instruction input response", "instruction, input and response"),
        ("instruction response", "dolly"),
        ("input target", "belle"),
        ("question choices answer", "choice"),
        ("prompt response", "prompt and response"),
        ("prompt completion", "prompt and completion"),
        ("prompt answer", "prompt and answer"),
        ("question answer", "choice"),
    )
)
#: Layouts that have no name: what they are mapped from.
_MAPPED: dict[str, dict[str, str]] = {
    "instruction, input and response": {"instruction": "instruction", "input": "input", "response": "response"},
    "prompt and response": {"prompt": "prompt", "response": "response"},
    "prompt and completion": {"prompt": "prompt", "response": "completion"},
    "prompt and answer": {"prompt": "prompt", "response": "answer"},
}


def layout_of(record: dict[str, Any], rows: str) -> str | None:
    """The name of the layout that a record is in; None where none is known that has its columns.

    Rows of some types can be read out of layouts that most often mean others: `rows` says what is wanted.
    """
    names = {name for name, value in record.items() if value is not None}
    if isinstance(record.get("prompt"), dict):
        return "oasst"
    if rows == "task" and "prompt" in names:
        return "task"
    found = next((layout for wanted, layout in _TELLING if wanted <= names), None)
    if found == "hh" and not is_transcript(record["chosen"]):
        return "preference"
    if found == "prompt and completion" and isinstance(record["prompt"], list):
        return "trl"
    if found is None and "text" in names:
        return "transcript" if is_transcript(record["text"]) else "text"
    return found


def layout_named(name: str, rows: str) -> RowFormat:
    """The layout of that name, for rows of a type."""
    if name in _MAPPED:
        from tunec.runtime.sources.mapping import mapped

        return replace(mapped(_MAPPED[name], "instruction"), name=name)
    if name == "task":
        from tunec.runtime.sources.mapping import mapped

        return replace(mapped({"prompt": "prompt", "answer": "answer"}, "task"), name="prompt and answer")
    from importlib import import_module

    made: Callable[..., RowFormat] = getattr(import_module(f"tunec.runtime.ops.formats.{name}"), name)
    return made(rows) if name in ("trl", "openai_finetune") else made()


def as_chat(row: dict[str, Any]) -> dict[str, Any]:
    """An instruction as a chat of one exchange."""
    prompt = "\n\n".join(part for part in (row["instruction"], row.get("input")) if part)
    turns = [("system", row["system"])] if row.get("system") else []
    turns.append(("user", prompt))
    if row.get("response") is not None:
        turns.append(("assistant", row["response"]))
    return {"messages": [{"role": role, "content": said} for role, said in turns]}
