"""Session logs of agents: a file is a conversation, and its lines are what happened in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.sources.notices import Notices
from tunec.runtime.sources.reading import Begin, Item, Record, Table, Unreadable
from tunec.runtime.sources.session_lines import messages_of

#: Where the lines of a file are in the one record that they become. No column has this name.
_LINES = ""


def by_file(items: Iterable[Item]) -> Iterator[Item]:
    """All records of a file as one, with the first value of each column; a file with a bad line is set aside whole."""
    lines: list[dict[str, Any]] = []
    bad: Unreadable | None = None
    start = 0
    for item in items:
        if isinstance(item, Begin):
            yield from _whole(start, lines, bad)
            lines, bad, start = [], None, item.number
            yield item
        elif isinstance(item, Unreadable):
            bad = bad or item
        else:
            for record in item.records() if isinstance(item, Table) else (item,):
                if isinstance(record, Unreadable):
                    bad = bad or record
                else:
                    lines.append(record.value)
    yield from _whole(start, lines, bad)


def _whole(start: int, lines: list[dict[str, Any]], bad: Unreadable | None) -> Iterator[Item]:
    if bad is not None:
        yield bad
    elif lines:
        yield Record(start, joined(lines))


def joined(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The lines of a file as one record, which has the first value of each column."""
    first: dict[str, Any] = {}
    for line in lines:
        first |= {name: value for name, value in line.items() if first.get(name) is None}
    return {**first, _LINES: list(lines)}


def of_sessions(name: str) -> RowFormat:
    """A format of session logs."""
    notices = Notices()

    def content(record: dict[str, Any]) -> dict[str, Any]:
        messages = messages_of(record.get(_LINES) or [record], notices)
        if not messages:
            raise FormatError("is not the log of a session: no line of it is a turn of Claude Code, Codex or Pi")
        return {"messages": notices.chat(messages)}

    return RowFormat(name, "chat", content, notes=notices.notes, by_file=True)
