"""The layout `auto`."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

from tunec.runtime.base.operator import operator
from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.sources.detection import as_chat, as_written, is_apart, layout_named, layouts_of
from tunec.runtime.sources.session_lines import is_line


@operator(version=6, rows=("instruction", "chat", "text", "preference", "rated", "choice", "task"))
def auto(
    rows: Literal["instruction", "chat", "text", "preference", "rated", "choice", "task"] = "instruction",
) -> RowFormat:
    """Detects the layout of each record by its columns; a note says which layouts were found.

    All named layouts are known, and `prompt` with `response`, `completion`, or `answer`; for tasks, `question` or
    `problem` with `answer` or `solution`. Blocks of calls or thoughts tell `anthropic` from `messages`, and channels or
    recipients `harmony`. The row type must be stated, so that the spec can be checked before a file is read;
    instructions are converted to chats if chats are required. A note counts the records that have the columns of
    another layout as well; a record whose columns mean rows of another type is set aside with the format to write.

    Args:
        rows: the row type.
    """
    found: Counter[str] = Counter()
    others: Counter[str] = Counter()
    layouts: dict[str, RowFormat] = {}

    def fits(layout: RowFormat) -> bool:
        return layout.rows == rows or (layout.rows, rows) == ("instruction", "chat")

    def named(name: str) -> RowFormat:
        if name not in layouts:
            layouts[name] = layout_named(name)
        return layouts[name]

    def content(record: dict[str, Any]) -> dict[str, Any] | list[dict[str, Any]]:
        first, *rest = layouts_of(dict(record), rows) or ("",)  # a copy: the layout is what reads the record
        if not first:
            hint = "; session logs are read with `format: agent_trace`" if is_line(record) else ""
            raise FormatError(f"no layout is known that has the columns {', '.join(sorted(record)) or 'nothing'}{hint}")
        layout, possible = named(first), [name for name in rest if fits(named(name))]
        if not fits(layout):
            instead = f", or `format: {as_written(possible[0])}`" if possible else ""
            raise FormatError(
                f"looks like {layout.name}, {layout.rows} rows: write `format: auto({layout.rows})`{instead}"
            )
        row = layout.content(record)
        if layout.rows != rows:
            assert isinstance(row, dict)
            row = as_chat(row)
        found[layout.name] += 1
        names = frozenset(name for name, value in record.items() if value is not None)
        others.update(as_written(name) for name in possible if is_apart(name, first, names))
        return row

    def notes() -> tuple[str, ...]:
        said = ", ".join(f"{name} ({count:,} records)" for name, count in found.most_common())
        more = ", ".join(f"`format: {name}` ({count:,} records)" for name, count in others.most_common())
        told = (note for layout in layouts.values() for note in layout.notes())
        doubt = f"the columns fit another layout too: {more}; write it if that is the one you mean"
        return (*((f"read as {said}",) if said else ()), *((doubt,) if more else ()), *told)

    return RowFormat("auto", rows, content, notes=notes)
