"""Tables as text, a record or several lines a record: where each begins, and what a quote has swallowed."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Literal

from tunec.runtime.sources.reading import Record, Unreadable, shown

#: The byte order marks of UTF-16, in a text that was decoded as UTF-8.
_UTF_16 = ("\udcff\udcfe", "\udcfe\udcff")


class BadTable(Exception):
    """A table without a header that can be used; the message begins with the number of its line."""


def records_of(
    text: Iterable[str], separator: str, quoted: bool, first: int
) -> Generator[Record | Unreadable, None, int]:
    """The records of a table, each with the number of the line it begins in; the first line has the number `first`.

    `text` are its lines, in which halves of characters stand for bytes that were not UTF-8. `quoted`: fields may stand
    between double quotes. Returns the number of the line after the last. Raises BadTable.
    """
    csv.field_size_limit(2**31 - 1)  # Python's own limit is 131,072 characters
    lines = _Lines(text)
    style: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    table = csv.reader(lines, delimiter=separator, quoting=style, strict=True)
    header = _header(table)
    while True:
        begin = table.line_num
        lines.read.clear()
        try:
            values = next(table, None)
        except csv.Error as error:
            yield from _swallowed(lines.read, first, begin, _reason(error))
            continue
        if values is None:
            return first + table.line_num
        if not values:  # a blank line
            continue
        if len(values) != len(header):
            reason = f"{len(values):,} fields, and the header has {len(header):,}"
            yield from _swallowed(lines.read, first, begin, reason)
        elif len(header) > 1 and [shown(values[0]).removeprefix("\ufeff"), *map(shown, values[1:])] == header:
            yield from _swallowed(lines.read, first, begin, "the header again, as where files are joined")
        elif _is_damaged("".join(values)):
            yield from _swallowed(lines.read, first, begin, "not UTF-8")
        else:
            yield Record(first + begin, dict(zip(header, values, strict=True)))


class _Lines:
    """Lines; `read` are those that were requested since it was emptied."""

    def __init__(self, text: Iterable[str]) -> None:
        self._stream = iter(text)
        self.read: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._stream)
        self.read.append(line)
        return line


def _header(table: Iterator[list[str]]) -> Sequence[str]:
    try:
        names = next((names for names in table if names), [])
    except csv.Error as error:
        raise BadTable(f"1: the header cannot be read: {_reason(error)}") from error
    if names and names[0].startswith(_UTF_16):
        raise BadTable("1: UTF-16 text; expected UTF-8")
    names = [shown(name) for name in names]
    twice = next((name for name, count in Counter(names).items() if name.strip() and count > 1), None)
    if twice is not None:
        raise BadTable(f"1: the header has the column `{twice}` twice: rename one of them")
    return names


_HALF = re.compile("[\ud800-\udfff]")


def _is_damaged(text: str) -> bool:
    return not text.isascii() and _HALF.search(text) is not None


def _reason(error: csv.Error) -> str:
    said = str(error)
    if "unexpected end of data" in said:
        return "a quote opens here and is not closed"
    if "expected after" in said:
        return "a quote opens here, and no separator follows the quote that closes it"
    return said


def _swallowed(lines: Sequence[str], first: int, begin: int, reason: str) -> Iterator[Unreadable]:
    """Each line of a bad record, so that each counts. `begin` lines of the file come before them."""
    more = f": {len(lines):,} lines, up to line {begin + len(lines):,}" if len(lines) > 1 else ""
    for offset, text in enumerate(lines):
        said = reason + more if offset == 0 else f"within the invalid record that begins at line {begin + 1:,}"
        yield Unreadable(first + begin + offset, said, shown(text.rstrip("\r\n")))
