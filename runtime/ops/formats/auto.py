"""The layout `auto`."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

from tunec.runtime.operator import operator
from tunec.runtime.sources.detection import as_chat, layout_named, layout_of
from tunec.runtime.values import FormatError, RowFormat


@operator(version=2, rows=("instruction", "chat", "text", "preference", "rated", "choice", "task"))
def auto(
    rows: Literal["instruction", "chat", "text", "preference", "rated", "choice", "task"] = "instruction",
) -> RowFormat:
    """Detects the layout of each record by its columns; a note says which layouts were found.

    All named layouts are known, and `prompt` with `response`, `completion`, or `answer`. The row type must be stated,
    so that the spec can be checked before a file is read; instructions are converted to chats if chats are required.

    Args:
        rows: the row type.
    """
    found: Counter[str] = Counter()
    layouts: dict[str, RowFormat] = {}

    def content(record: dict[str, Any]) -> dict[str, Any] | list[dict[str, Any]]:
        name = layout_of(record, rows)
        if name is None:
            raise FormatError(f"no layout is known that has the columns {', '.join(sorted(record)) or 'nothing'}")
        if name not in layouts:
            layouts[name] = layout_named(name, rows)
        layout = layouts[name]
        if layout.rows != rows and (layout.rows, rows) != ("instruction", "chat"):
            raise FormatError(f"looks like {layout.name}, {layout.rows} rows: write `format: auto({layout.rows})`")
        row = layout.content(record)
        if layout.rows != rows:
            assert isinstance(row, dict)
            row = as_chat(row)
        found[layout.name] += 1
        return row

    def notes() -> tuple[str, ...]:
        said = ", ".join(f"{name} ({count:,} records)" for name, count in found.most_common())
        others = (note for layout in layouts.values() for note in layout.notes())
        return (*((f"read as {said}",) if said else ()), *others)

    return RowFormat("auto", rows, content, notes=notes)
