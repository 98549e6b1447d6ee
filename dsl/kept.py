"""Stretches of a text that were read before, so that an editor's next text is read anew only where it differs.

A text is cut where a line begins a declaration: such a line means nothing else anywhere. If nothing is wrong with what
is cut off, it reads by itself as it does in the whole.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import Any

from tunec.dsl.brackets import INFIX
from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.lexer import Token
from tunec.dsl.record import record
from tunec.dsl.source import Source, Span
from tunec.dsl.tables import DECLARATIONS, PATTERNS, WORDS
from tunec.dsl.tree import Comment, File, TopLevel

MOST_FILES = 50
"""So many files are kept; what is more makes room for the next."""

Reading = tuple[File, tuple[Token, ...], tuple[Diagnostic, ...]]
"""What a text was read as: its tree, its tokens, and what is wrong with it."""

_NAME = rf"(?!(?:{'|'.join(sorted(INFIX))})\b){PATTERNS['NAME']}"
_MADE = "|".join(sorted(w for w, t in WORDS.items() if t in DECLARATIONS and w not in ("import", "spec", "vary")))
#: A line that `starts_declaration` of `brackets` takes for one, at the margin and without comments in it.
_HEAD = rf"""(?:(?:{_MADE})[ \t]+{_NAME}(?:[ \t]*(?:=(?!=)|:)|[ \t]+(?:from|of)\b)
    |import[ \t]+"|spec[ \t]+{_NAME}[ \t]*\(|vary[ \t]+{_NAME}[ \t]+in\b)"""
#: A line end, or the start of the text, with all blank lines and comments below it.
_GAP = re.compile(rf"(?:\A|\n)(?P<blank>[ \t\r]*\n)?(?:[ \t\r]*(?:\#[^\n]*)?\n)*(?:(?P<head>)(?={_HEAD}))?", re.VERBOSE)
#: Where the letters `\"\"\"` stand, all that they may belong to.
_STRINGS = re.compile(
    rf"\#[^\n]*|{PATTERNS['REGEX']}|(?P<text>{PATTERNS['TEXT']})|{PATTERNS['NAME']}|" + r'"""|"[^\r\n]*'
)


@record
class Part:
    """A stretch of a text. `spaced` says that it stands below a blank line."""

    start: int
    end: int
    spaced: bool


@record
class Read:
    """A part without mistakes, as it was read at some place."""

    start: int
    declarations: tuple[TopLevel, ...]
    tokens: tuple[Token, ...]
    comments: tuple[Comment, ...]
    doubled: bool  # words stand twice in it

    def at(self, start: int) -> Read:
        """The same text at another place."""
        by = start - self.start
        if not by:
            return self
        tokens = tuple([Token(t.type, t.text, t.start + by, t.end + by, t.first) for t in self.tokens])
        return Read(start, _moved(self.declarations, by), tokens, _moved(self.comments, by), self.doubled)


#: By the name of a file: the parts of its text, and those of the text before.
KEPT: dict[str, tuple[dict[str, Read], dict[str, Read]]] = {}


@lru_cache(maxsize=8)  # an editor asks several times after every key
def parts(text: str) -> list[Part]:
    """The parts of a text, each but the first beginning with a declaration and the comments above it."""
    inside = _strings(text) if '"""' in text else []
    cuts = [(0, False)]
    for gap in _GAP.finditer(text):
        if gap.start() and gap["head"] is not None and not any(start < gap.start() < end for start, end in inside):
            cuts.append((gap.end("blank"), True) if gap["blank"] is not None else (gap.start() + 1, False))
    ends = [start for start, _ in cuts[1:]] + [len(text)]
    return [Part(start, end, spaced) for (start, spaced), end in zip(cuts, ends, strict=True)]


def _strings(text: str) -> list[tuple[int, int]]:
    """Where a string goes over several lines."""
    return [found.span() for found in _STRINGS.finditer(text) if found["text"] and "\n" in found["text"]]


def read_in_parts(source: Source, read: Callable[[Source], Reading]) -> Reading:
    """What `read` makes of a text, with the parts that were read before as they were."""
    places, text = parts(source.text), source.text
    recent, earlier = KEPT.get(source.name, ({}, {}))
    known: list[Read | None] = []
    for part in places:
        own = text[part.start : part.end]
        kept = recent.get(own) or earlier.get(own)
        known.append(kept.at(part.start) if kept is not None else None)
    reads, found = _around(source, places, known, read) if any(known) else (None, ())
    if reads is None:
        file, tokens, found = read(source)
        reads = _parted(places, file, tokens)
    wrong = _wrong([part.start for part in places], found)
    for index, (now, before) in enumerate(zip(reads, known, strict=True)):
        if before is not None and before.tokens == now.tokens and wrong.isdisjoint((index - 1, index)):
            reads[index] = before  # the same trees, for those that know things about them
    if source.name not in KEPT and len(KEPT) >= MOST_FILES:
        KEPT.clear()
    KEPT[source.name] = (
        {
            text[part.start : part.end]: one
            for index, (part, one) in enumerate(zip(places, reads, strict=True))
            if wrong.isdisjoint((index - 1, index))
        },
        recent,
    )
    file = File(
        tuple(chain.from_iterable(one.declarations for one in reads)),
        Span(source.name, 0, len(text)),
        tuple(chain.from_iterable(one.comments for one in reads)),
    )
    return file, tuple(chain.from_iterable(one.tokens for one in reads)), tuple(found)


def _around(
    source: Source, places: Sequence[Part], known: Sequence[Read | None], read: Callable[[Source], Reading]
) -> tuple[list[Read] | None, Sequence[Diagnostic]]:
    """The parts, read where they are not known, and what is wrong with them; None where they have to be looked at
    together: something is wrong at two places, or what follows reads differently."""
    reads: list[Read] = []
    found: Sequence[Diagnostic] = ()
    while len(reads) < len(places):
        first = len(reads)
        kept = known[first]
        if kept is not None:
            reads.append(kept)
            continue
        stop = next((index for index in range(first, len(places)) if known[index] is not None), len(places))
        # Up to the end of the part behind it, which has to be there as it is known.
        window = places[first : stop + 1]
        above = " " * (window[0].start - 1) + "\n" if first else ""
        file, tokens, wrong = read(Source(source.name, above + source.text[window[0].start : window[-1].end]))
        between = _parted(window, file, tokens)
        if stop < len(places) and between.pop() != known[stop]:
            return None, ()
        if wrong and (found or any(one.doubled for one in known if one is not None)):
            return None, ()
        reads += between
        found = found or wrong
    return reads, found


def _parted(places: Sequence[Part], file: File, tokens: Sequence[Token]) -> list[Read]:
    """What was read, part by part."""
    declared, typed = [item.span.start for item in file.declarations], [token.start for token in tokens]
    remarks = [comment.span.start for comment in file.comments]
    reads = []
    for part in places:
        within = tuple(tokens[bisect_left(typed, part.start) : bisect_left(typed, part.end)])
        declarations = file.declarations[bisect_left(declared, part.start) : bisect_left(declared, part.end)]
        comments = file.comments[bisect_left(remarks, part.start) : bisect_left(remarks, part.end)]
        doubled = any(one.text == two.text and one.text.isidentifier() for one, two in pairwise(within))
        reads.append(Read(part.start, declarations, within, comments, doubled))
    return reads


def _wrong(starts: Sequence[int], found: Sequence[Diagnostic]) -> set[int]:
    """The parts that something is said of."""
    spans = {span for one in found for span in (one.span, *(label.span for label in one.labels))}
    return {
        index for span in spans for index in range(bisect_right(starts, span.start) - 1, bisect_right(starts, span.end))
    }


def _moved(value: Any, by: int) -> Any:
    """A part of a tree, with every span moved."""
    kind: type = type(value)
    if kind is Span:
        return Span(value.file, value.start + by, value.end + by)
    if kind is tuple:
        return tuple([_moved(item, by) for item in value])
    names = _fields(kind)
    return kind(*[_moved(getattr(value, name), by) for name in names]) if names else value


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
