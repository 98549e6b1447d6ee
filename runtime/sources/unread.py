"""The columns of records that hold what a row is made of, and that the format of the source does not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tunec.runtime.base.values import RowFormat
from tunec.runtime.sources.detection import CONTENT_COLUMNS
from tunec.runtime.sources.records import Asked
from tunec.runtime.text.leaves import texts_in


def telling(layout: RowFormat, kept: Iterable[str]) -> RowFormat:
    """A format with notes on such columns, but for those that the spec has kept as `meta.NAME`. A column that repeats
    what the row says is not counted."""
    unread: Counter[str] = Counter()
    #: By the content columns that a record has: those that the format did not look at in the first such record.
    known: dict[tuple[str, ...], frozenset[str]] = {}
    watched = CONTENT_COLUMNS.difference(kept)

    def content(record: dict[str, Any]) -> dict[str, Any] | list[dict[str, Any]]:
        names = tuple([name for name in record if name in watched and record[name]])
        if known.get(names) == frozenset():
            return layout.content(record)
        asked = Asked(record)
        row = layout.content(asked)
        if names not in known:
            known[names] = frozenset(names) - asked.read
        if known[names]:
            told = set(texts_in(row))
            unread.update(name for name in known[names] if not told.issuperset(texts_in(record[name])))
        return row

    def notes() -> tuple[str, ...]:
        told = (f"no part of a row: `{name}` ({count:,})" for name, count in sorted(unread.items()))
        return (*layout.notes(), *told)

    if layout.by_file:
        return layout
    plain = frozenset((layout.plain or {}).values())
    return replace(layout, content=content, notes=notes, watched=layout.watched | (watched - plain))
