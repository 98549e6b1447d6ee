"""The layout `auto`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from tunec.runtime.operator import operator
from tunec.runtime.values import FormatError, RowFormat


@operator(version=1, rows=("instruction", "chat", "text", "preference", "choice"))
def auto(rows: Literal["instruction", "chat", "text", "preference", "choice"] = "instruction") -> RowFormat:
    """Detects the layout of each record by its columns; a note says which layouts were found.

    All named layouts are known, and `prompt` with `response`, `completion`, or `answer`. The row type must be stated,
    so that the spec can be checked before a file is read; instructions are converted to chats if chats are required.

    Args:
        rows: the row type.
    """
    found: Counter[str] = Counter()

    def content(record: dict[str, Any]) -> dict[str, Any] | list[dict[str, Any]]:
        layout = _layout(record)
        if layout is None:
            raise FormatError(f"no layout is known that has the columns {', '.join(sorted(record)) or 'nothing'}")
        row = layout.content(record)
        if layout.rows != rows:
            if (layout.rows, rows) != ("instruction", "chat") or isinstance(row, list):
                raise FormatError(f"looks like {layout.name}, {layout.rows} rows: write `format: auto({layout.rows})`")
            row = _as_chat(row)
        found[layout.name] += 1
        return row

    def notes() -> tuple[str, ...]:
        said = ", ".join(f"{name} ({count:,} records)" for name, count in found.most_common())
        return (f"read as {said}",) if said else ()

    return RowFormat("auto", rows, content, notes=notes)


def _layout(record: dict[str, Any]) -> RowFormat | None:
    from tunec.runtime.ops.formats.alpaca import alpaca
    from tunec.runtime.ops.formats.belle import belle
    from tunec.runtime.ops.formats.choice import choice
    from tunec.runtime.ops.formats.dolly import dolly
    from tunec.runtime.ops.formats.hh import hh
    from tunec.runtime.ops.formats.messages import messages
    from tunec.runtime.ops.formats.oasst import oasst
    from tunec.runtime.ops.formats.preference import preference
    from tunec.runtime.ops.formats.self_instruct import self_instruct
    from tunec.runtime.ops.formats.sharegpt import sharegpt
    from tunec.runtime.ops.formats.text import text
    from tunec.runtime.ops.formats.transcript import transcript
    from tunec.runtime.sources.records import mapped
    from tunec.runtime.sources.transcripts import is_transcript

    names = {name for name, value in record.items() if value is not None}
    # The most telling columns first: many data sets have a `text` or a `prompt` beside what they are about.
    known: tuple[tuple[set[str], Callable[[], RowFormat]], ...] = (
        ({"messages"}, messages), ({"conversations"}, sharegpt), ({"conversation"}, sharegpt),
        ({"prompt", "chosen", "rejected"}, preference), ({"chosen", "rejected"}, hh),
        ({"instances"}, self_instruct), ({"instruction", "output"}, alpaca), ({"instruction", "response"}, dolly),
        ({"input", "target"}, belle), ({"question", "choices", "answer"}, choice),
    )  # fmt: skip
    if isinstance(record.get("prompt"), dict):
        return oasst()
    for wanted, layout in known:
        if wanted <= names:
            return layout()
    for answer in ("response", "completion", "answer"):
        if {"prompt", answer} <= names:
            named = mapped({"prompt": "prompt", "response": answer}, "instruction")
            return replace(named, name=f"prompt and {answer}")
    if {"question", "answer"} <= names:
        return choice()
    if "text" in names:
        return transcript() if is_transcript(record["text"]) else text()
    return None


def _as_chat(row: dict[str, Any]) -> dict[str, Any]:
    prompt = "\n\n".join(part for part in (row["instruction"], row["input"]) if part)
    turns = [("system", row["system"])] if row["system"] else []
    turns += [("user", prompt), ("assistant", row["response"])]
    return {"messages": [{"role": role, "content": said} for role, said in turns]}
