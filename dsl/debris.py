"""What one mistake of syntax leaves behind: reports that follow from another, and fixes that would not help."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from tunec.dsl.diagnostics import Diagnostic, Fix
from tunec.dsl.source import Source, Span

_KEYWORDS = (
    "spec", "import", "param", "const", "source", "seeds", "benchmark", "model", "embedder", "generate", "dataset",
    "rule", "tokenizer", "train", "merge", "evaluate", "vary",
)  # fmt: skip
#: How many mistakes a text may have for its fixes to be tried, and how long the declaration around one may be.
FEW, _LONG = 12, 20_000

#: Gives what is wrong with a text.
Read = Callable[[Source], list[Diagnostic]]


@cache
def _starts() -> re.Pattern[str]:
    """Lines that begin a declaration. A text without mistakes is read without it."""
    return re.compile(rf"^(?:{'|'.join(_KEYWORDS)})[ \t]", re.MULTILINE)


def part_around(text: str, offset: int) -> tuple[int, int]:
    """Where the declaration around an offset begins and ends, by its looks alone."""
    start, end = 0, len(text)
    for found in _starts().finditer(text):
        if found.start() > offset:
            end = found.start()
            break
        start = found.start()
    return start, end


def without_debris(source: Source, found: list[Diagnostic], brackets: list[Diagnostic]) -> list[Diagnostic]:
    """The reports without those that a wrong bracket causes further on in its declaration, or on its line."""
    if 1 < len(found) <= FEW:
        found = _of_open_strings(source, _of_lost_blocks(source, found))
        brackets = [one for one in brackets if any(one is other for other in found)]
    if not brackets or len(found) == 1 or len(brackets) > FEW:
        return found
    own = set(map(id, brackets))
    firsts = [(d, min([d.span.start, *(label.span.start for label in d.labels)])) for d in brackets]
    places = [(part_around(source.text, d.span.start), first, _line(source, d.span)) for d, first in firsts]

    def follows(one: Diagnostic) -> bool:
        at, line = one.span.start, _line(source, one.span)
        return any(start <= at < end and (at >= where or line == of) for (start, end), where, of in places)

    left: list[Diagnostic] = []
    seen: dict[tuple[int, int], str] = {}
    for one in found:
        part = part_around(source.text, one.span.start)
        if id(one) in own:
            # One that is never closed, and one that closes nothing, are the two halves of one mistake; one that closes
            # nothing may also be the rest of what was not read, because it did not open.
            rest = one.message.startswith("unmatched") and any(_ends_early(other, part, source) for other in left)
            if seen.setdefault(part, one.code) != one.code or rest:
                continue
        elif one.code in ("T001", "T004", "T005") and follows(one):
            continue
        left.append(one)
    return left


def _of_open_strings(source: Source, found: list[Diagnostic]) -> list[Diagnostic]:
    """The reports without what else is said of a line with a string that is never closed."""
    lines = {_line(source, one.span) for one in found if one.code == "T006"}
    syntax = ("T001", "T003", "T004", "T005")
    return [one for one in found if one.code not in syntax or _line(source, one.span) not in lines]


def _of_lost_blocks(source: Source, found: list[Diagnostic]) -> list[Diagnostic]:
    """The reports without what a block without its `{` leaves behind: its `}` ends the declaration, whose next lines
    then stand where declarations do, and whose own `}` is too many."""
    left: list[Diagnostic] = []
    for one in found:
        part = part_around(source.text, one.span.start)
        inside = source.position(one.span.start)[1] > 1 or one.message == "unmatched `}`"
        late = one.message.startswith("expected a declaration, found") or one.message == "unmatched `}`"
        if inside and late and any(_loses_a_block(other, part, source) for other in left):
            continue
        left.append(one)
    return left


def _loses_a_block(one: Diagnostic, part: tuple[int, int], source: Source) -> bool:
    said = one.message.endswith("is not a statement by itself") or one.message.startswith("expected `,` before")
    return one.code == "T001" and said and part_around(source.text, one.span.start) == part


def _ends_early(one: Diagnostic, part: tuple[int, int], source: Source) -> bool:
    """Whether a report in a declaration says that something else had to stand there, such as the bracket that opens."""
    early = ", found" in one.message or one.message.endswith("is not a statement by itself")
    return one.code == "T001" and early and part_around(source.text, one.span.start) == part


def _line(source: Source, span: Span) -> int:
    return source.position(span.start)[0]


def with_fixes_that_help(source: Source, found: list[Diagnostic], read: Read) -> list[Diagnostic]:
    """The reports without the fixes that leave as much wrong in their declaration as there was."""
    if len(found) > FEW:
        return found
    return [replace(one, fixes=_helping(source, one, read)) if one.fixes else one for one in found]


def _helping(source: Source, one: Diagnostic, read: Read) -> tuple[Fix, ...]:
    start, end = part_around(source.text, one.span.start)
    if end - start > _LONG:
        return one.fixes
    before = len(read(Source("part", source.text[start:end])))
    fixed = [(fix, Source("part", _fixed(source.text[start:end], fix, start))) for fix in one.fixes]
    return tuple(fix for fix, text in fixed if len(read(text)) < max(before, 1))[:1]


def _fixed(text: str, fix: Fix, start: int) -> str:
    for edit in sorted(fix.edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start - start] + edit.text + text[edit.span.end - start :]
    return text
