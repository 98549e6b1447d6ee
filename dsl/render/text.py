"""Diagnostics for people: the line of the file, carets under what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.render.cells import cell, columns, first, folded, last, printable, width
from tunec.dsl.secrets import masked
from tunec.dsl.source import Source, Span

NARROWEST = 40
_RED, _YELLOW, _BLUE, _BOLD, _RESET = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"


def render(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source], colour: bool = False, width: int = 100
) -> str:
    """The diagnostics in the order given, a blank line between them, and a line break at the end.

    `sources` holds the files by the names that the spans use; where one is missing, only the place is given. `width` is
    in columns of a terminal: longer lines of a file are cut around the carets, labels, help and notes are folded,
    messages are left to the terminal.
    """
    return "\n".join(_one(diagnostic, sources, colour, max(width, NARROWEST)) for diagnostic in diagnostics)


def _one(diagnostic: Diagnostic, sources: Mapping[str, Source], colour: bool, room: int) -> str:
    strong = _RED if diagnostic.severity == "error" else _YELLOW
    places = [(diagnostic.span, diagnostic.label, "^"), *((label.span, label.text, "-") for label in diagnostic.labels)]
    known = [(sources[span.file], span, text, mark) for span, text, mark in places if span.file in sources]
    gutter = max((len(str(source.position(span.start)[0])) for source, span, _, _ in known), default=1)
    bar = _paint(" " * gutter + " |", _BLUE, colour)
    head = f"{diagnostic.severity}[{diagnostic.code} {diagnostic.name}]"
    lines = [_paint(head, strong, colour) + _paint(f": {printable(diagnostic.message)}", _BOLD, colour)]
    arrow = _paint(" " * gutter + "-->", _BLUE, colour)
    main = sources.get(diagnostic.span.file)
    lines.append(f"{arrow} {printable(main.place(diagnostic.span) if main else diagnostic.span.file)}")
    shown: tuple[str, int] | None = None
    for source, span, text, mark in known:
        number = source.position(span.start)[0]
        if shown is None or shown != (source.name, number):
            if source.name != (shown[0] if shown else diagnostic.span.file):
                other = _paint(" " * gutter + ":::", _BLUE, colour)
                lines.append(f"{other} {printable(source.place(span))}")
            lines.append(bar)
        code, before, length = _snippet(source, span, room - gutter - 3)
        if shown != (source.name, number):
            lines.append(f"{_paint(f'{number:>{gutter}} |', _BLUE, colour)} {code}".rstrip())
        shown = (source.name, number)
        paint = strong if mark == "^" else _BLUE
        for line in _under(mark * length, printable(text), before, room - gutter - 3):
            blank = len(line) - len(line.lstrip(" "))
            lines.append(f"{bar} {line[:blank]}{_paint(line[blank:], paint, colour)}")
    equals = _paint(" " * gutter + " =", _BLUE, colour)
    told = [f"help: {diagnostic.help}"] if diagnostic.help else []
    for text in (*told, *diagnostic.notes, f"more: tunec explain {diagnostic.code}"):
        for index, part in enumerate(folded(printable(text), room - gutter - 3)):
            lines.append(f"{equals} {part}" if index == 0 else f"{' ' * (gutter + 4)} {part}")
    return "\n".join(lines) + "\n"


def _under(marks: str, text: str, before: int, room: int) -> Iterator[str]:
    """The marks with their label behind them; below them, where it would run over the edge."""
    if not text or before + len(marks) + 1 + width(text) <= room:
        yield f"{' ' * before}{marks} {text}".rstrip()
        return
    yield " " * before + marks
    indent = min(before, room // 2)
    for part in folded(text, room - indent):
        yield " " * indent + part


def _snippet(source: Source, span: Span, room: int) -> tuple[str, int, int]:
    """The line of a span, as wide as it may be; the columns before the part of the span that is on it, and of it."""
    number, column = source.position(span.start)
    line = masked(source.line(number), same_length=True)
    start = min(column - 1, len(line))
    end = max(start, min(len(line), start + span.end - span.start))
    cells: list[str] = []
    at = 0
    for char, taken in zip(line, columns(line), strict=True):
        cells.append(cell(char, at))
        at += len(cells[-1]) if char == "\t" else taken
    before, inside, after = "".join(cells[:start]), "".join(cells[start:end]), "".join(cells[end:])
    left, length = width(before), max(1, width(inside))
    if left + length + width(after) <= room:
        return before + inside + after, left, length
    inner = max(8, room - 2)
    keep = max(0, min(left, inner - min(length, inner - 4) - 4))
    before_cut = last(before, keep)
    lead = "…" if before_cut != before else ""
    rest = first(inside + after, inner - width(before_cut))
    tail = "…" if rest != inside + after else ""
    return lead + before_cut + rest + tail, len(lead) + width(before_cut), max(1, min(length, width(rest)))


def _paint(text: str, code: str, colour: bool) -> str:
    return f"{code}{text}{_RESET}" if colour else text
