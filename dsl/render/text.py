"""Diagnostics for people: the line of the file, carets under what is wrong, and what to do about it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.source import Source, Span

TAB = 4
NARROWEST = 40
_RED, _YELLOW, _BLUE, _BOLD, _RESET = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"


def render(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source], colour: bool = False, width: int = 100
) -> str:
    """The diagnostics in the order given, a blank line between them, and a line break at the end.

    `sources` holds the files by the names that the spans use; where one is missing, only the place is given. `width` is
    in columns of a terminal: longer lines of a file are cut around the carets, messages never are.
    """
    return "\n".join(_one(diagnostic, sources, colour, max(width, NARROWEST)) for diagnostic in diagnostics)


def _one(diagnostic: Diagnostic, sources: Mapping[str, Source], colour: bool, width: int) -> str:
    strong = _RED if diagnostic.severity == "error" else _YELLOW
    places = [(diagnostic.span, diagnostic.label, "^"), *((label.span, label.text, "-") for label in diagnostic.labels)]
    known = [(sources[span.file], span, text, mark) for span, text, mark in places if span.file in sources]
    gutter = max((len(str(source.position(span.start)[0])) for source, span, _, _ in known), default=1)
    bar = _paint(" " * gutter + " |", _BLUE, colour)
    head = f"{diagnostic.severity}[{diagnostic.code} {diagnostic.name}]"
    lines = [_paint(head, strong, colour) + _paint(f": {_printable(diagnostic.message)}", _BOLD, colour)]
    arrow = _paint(" " * gutter + "-->", _BLUE, colour)
    first = sources.get(diagnostic.span.file)
    lines.append(f"{arrow} {_printable(first.place(diagnostic.span) if first else diagnostic.span.file)}")
    shown: tuple[str, int] | None = None
    for source, span, text, mark in known:
        number = source.position(span.start)[0]
        if shown is None or shown != (source.name, number):
            if source.name != (shown[0] if shown else diagnostic.span.file):
                other = _paint(" " * gutter + ":::", _BLUE, colour)
                lines.append(f"{other} {_printable(source.place(span))}")
            lines.append(bar)
        code, carets = _snippet(source, span, mark, width - gutter - 3)
        if shown != (source.name, number):
            lines.append(f"{_paint(f'{number:>{gutter}} |', _BLUE, colour)} {code}".rstrip())
        shown = (source.name, number)
        under = f"{carets} {_printable(text)}".rstrip()
        blank = len(under) - len(under.lstrip(" "))
        lines.append(f"{bar} {under[:blank]}{_paint(under[blank:], strong if mark == '^' else _BLUE, colour)}")
    equals = _paint(" " * gutter + " =", _BLUE, colour)
    if diagnostic.help:
        lines.append(f"{equals} help: {_printable(diagnostic.help)}")
    lines.append(f"{equals} more: tunec explain {diagnostic.code}")
    return "\n".join(lines) + "\n"


def _snippet(source: Source, span: Span, mark: str, width: int) -> tuple[str, str]:
    """The line of a span, as wide as it may be, and the marks under the part of the span that is on it."""
    number, column = source.position(span.start)
    line = source.line(number)
    start = min(column - 1, len(line))
    end = max(start, min(len(line), start + span.end - span.start))
    cells = [_cell(char, 0) for char in line]
    at = 0
    for index, char in enumerate(line):
        cells[index] = _cell(char, at)
        at += _width(cells[index])
    before, inside, after = "".join(cells[:start]), "".join(cells[start:end]), "".join(cells[end:])
    left, length = _width(before), max(1, _width(inside))
    if left + length + _width(after) > width:
        room = max(8, width - 2)
        keep = max(0, min(left, room - min(length, room - 4) - 4))
        before_cut = _last(before, keep)
        lead = "…" if before_cut != before else ""
        rest = _first(inside + after, room - _width(before_cut))
        tail = "…" if rest != inside + after else ""
        length = max(1, min(length, _width(rest)))
        return lead + before_cut + rest + tail, " " * (len(lead) + _width(before_cut)) + mark * length
    return before + inside + after, " " * left + mark * length


def _cell(char: str, column: int) -> str:
    """What a character looks like in a terminal: tabs as spaces, control characters as a sign of their own."""
    if char == "\t":
        return " " * (TAB - column % TAB)
    return _printable(char)


def _printable(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join("�" if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in text)


def _width(text: str) -> int:
    """How many columns a terminal gives a text: two for wide characters, none for those that combine."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _first(text: str, width: int) -> str:
    for index, char in enumerate(text):
        width -= _columns(char)
        if width < 0:
            return text[:index]
    return text


def _last(text: str, width: int) -> str:
    return _first(text[::-1], width)[::-1]


def _paint(text: str, code: str, colour: bool) -> str:
    return f"{code}{text}{_RESET}" if colour else text
