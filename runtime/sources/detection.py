"""Which layout a record is in: by the names of its columns, and by what is in them where names do not tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.sources.blocks import has_blocks
from tunec.runtime.sources.channels import has_channels, is_rendered
from tunec.runtime.sources.chats import label_of
from tunec.runtime.sources.notices import is_there
from tunec.runtime.sources.transcripts import is_transcript

#: A format, or what stands for one that has no name; of a format for several row types, with the type: `trl task`.
#: The most telling columns first: many data sets have a `text` or a `prompt` beside what they are about.
_TELLING: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(names.split()), layout)
    for names, layout in (
        ("input preferred_output non_preferred_output", "openai_finetune preference"),
        ("prompt chosen rejected", "preference"),
        ("messages chosen rejected", "preference"),
        ("conversations chosen rejected", "preference"),
        ("conversation chosen rejected", "preference"),
        ("instruction chosen rejected", "llamafactory preference"),
        ("prompt completion label", "kto"),
        ("messages label", "kto"),
        ("messages kto_tag", "kto"),
        ("conversations kto_tag", "kto"),
        ("instruction output kto_tag", "llamafactory rated"),
        ("messages reference_answer", "openai_finetune task"),
        ("messages", "messages"),
        ("conversations", "sharegpt"),
        ("conversation", "sharegpt"),
        ("chosen rejected", "hh"),
        ("instances", "self_instruct"),
        ("instruction output history", "llamafactory chat"),
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
#: The same where tasks are wanted. Their answers may be missing.
_TASKS: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(names.split()), layout)
    for names, layout in (
        ("prompt", "trl task"),
        ("problem answer", "problem and answer"),
        ("problem solution", "problem and solution"),
        ("question answer", "question and answer"),
        ("messages", "openai_finetune task"),
    )
)
#: Columns that hold what a row is made of, in one layout or another. `label` is the name of many other things.
CONTENT_COLUMNS = frozenset().union(*(names for names, _ in (*_TELLING, *_TASKS))) - {"label", "history"} | {"text"}
#: Layouts that have no name: the row type, and the columns of its fields.
_MAPPED: dict[str, tuple[str, dict[str, str]]] = {
    "instruction, input and response": (
        "instruction",
        {"instruction": "instruction", "input": "input", "response": "response"},
    ),
    "prompt and response": ("instruction", {"prompt": "prompt", "response": "response"}),
    "prompt and completion": ("instruction", {"prompt": "prompt", "response": "completion"}),
    "prompt and answer": ("instruction", {"prompt": "prompt", "response": "answer"}),
    "problem and answer": ("task", {"prompt": "problem", "answer": "answer"}),
    "problem and solution": ("task", {"prompt": "problem", "answer": "solution"}),
    "question and answer": ("task", {"prompt": "question", "answer": "answer"}),
}


def layouts_of(record: dict[str, Any], rows: str) -> tuple[str, ...]:
    """The layout that a record is in, and then others that it has the columns of; none where no layout has them.

    Rows of some types can be read out of layouts that most often mean others: `rows` says what is wanted.
    """
    if isinstance(record.get("prompt"), dict):
        return ("oasst",)
    names = frozenset(name for name, value in record.items() if value is not None)
    found = [by_content for layout in _named(names, rows == "task") if (by_content := _told(layout, record, rows))]
    if not found and "text" in names:
        text = record["text"]
        found = ["harmony" if is_rendered(text) else "transcript" if is_transcript(text) else "text"]
    return tuple(found)


@lru_cache(maxsize=1024)
def _named(names: frozenset[str], tasks: bool) -> tuple[str, ...]:
    """The layouts whose columns are there."""
    return tuple(dict.fromkeys(layout for wanted, layout in (_TASKS if tasks else _TELLING) if wanted <= names))


def _told(layout: str, record: dict[str, Any], rows: str) -> str | None:
    """The layout that a record with the columns of one is in by their content; None where it is not in that one."""
    if layout == "kto" and rows != "rated" and not _is_rated(record):
        return None
    if layout == "llamafactory chat" and (rows != "chat" or not is_there(record["history"])):
        return None
    if layout == "hh" and not is_transcript(record["chosen"]):
        return "preference"
    if layout == "prompt and completion" and isinstance(record["prompt"], list):
        return "trl chat"
    if layout == "messages":
        return "anthropic" if has_blocks(record) else "harmony" if has_channels(record) else layout
    return layout


def _is_rated(record: dict[str, Any]) -> bool:
    """Whether the label of a record is one of liking."""
    try:
        label_of(record.get("label", record.get("kto_tag")))
    except FormatError:
        return False
    return True


@lru_cache(maxsize=1024)
def is_apart(layout: str, first: str, names: frozenset[str]) -> bool:
    """Whether a layout needs columns, of those that are there, that the first one does not need."""
    needed = {name: wanted for wanted, name in reversed((*_TELLING, *_TASKS)) if wanted <= names}
    return first in needed and not needed.get(layout, frozenset()) <= needed[first]


def layout_named(name: str) -> RowFormat:
    """The layout of that name."""
    if name in _MAPPED:
        from tunec.runtime.sources.mapping import mapped

        rows, fields = _MAPPED[name]
        return replace(mapped(fields, rows), name=name)
    from importlib import import_module

    name, *kind = name.split()
    made: Callable[..., RowFormat] = getattr(import_module(f"tunec.runtime.ops.formats.{name}"), name)
    return made(*kind)


def as_written(name: str) -> str:
    """How a spec states the layout of that name."""
    if name in _MAPPED:
        return "{" + ", ".join(f'{field}: "{column}"' for field, column in _MAPPED[name][1].items()) + "}"
    name, *kind = name.split()
    return f"{name}({kind[0]})" if kind else name


def as_chat(row: dict[str, Any]) -> dict[str, Any]:
    """An instruction as a chat of one exchange."""
    prompt = "\n\n".join(part for part in (row["instruction"], row.get("input")) if part)
    turns = [("system", row["system"])] if row.get("system") else []
    turns.append(("user", prompt))
    if row.get("response") is not None:
        turns.append(("assistant", row["response"]))
    return {"messages": [{"role": role, "content": said} for role, said in turns]}
