"""Cuts text into tokens and comments. Every word is a NAME here: which words are keywords depends on the place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from tunec.dsl.diagnostics import Diagnostic, Edit, Fix
from tunec.dsl.source import Source, Span
from tunec.dsl.tables import MARKS, PATTERNS
from tunec.dsl.tree import Comment


class Token(NamedTuple):
    """A token with its offsets. `first` says that it is the first on its line; a text of "" that it is not in the file
    but stands for a bracket that should be."""

    type: str
    text: str
    start: int
    end: int
    first: bool

    def as_(self, terminal: str) -> Token:
        """The token read as a terminal."""
        if self.type == terminal:
            return self
        return Token(terminal, self.text, self.start, self.end, self.first)


@dataclass(slots=True, repr=False, eq=False)
class Lexed:
    """All of a text: its tokens, its comments, and the offsets at which it could not be read (`doubts`, ascending)."""

    tokens: list[Token] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    doubts: list[int] = field(default_factory=list)


_WIDE = dict(zip("，：（）｛｝［］＝＋－＊／＜＞", ",:(){}[]=+-*/<>", strict=True))
_OTHER_WORDS = {"&": "and", "&&": "and", "|": "or", "||": "or"}
_HELP = {
    "!": "write `not` or `!=`",
    ";": "statements need no separator",
    "`": "put strings in double quotes",
    "$": "write amounts of money as `$5` or `$0.25`",
    "%": "write percentages as `30%`",
    "@": "put strings in double quotes",
}
_MARK = "|".join(re.escape(mark) for mark in sorted(MARKS, key=len, reverse=True))
_PATTERN = re.compile(
    rf"""(?P<SPACE>[\s\ufeff]+)|(?P<COMMENT>\#[^\n]*)|(?P<REGEX>{PATTERNS["REGEX"]})|(?P<TEXT>{PATTERNS["TEXT"]})
    |(?P<NUMBER>{PATTERNS["NUMBER"]})|(?P<NAME>{PATTERNS["NAME"]})|(?P<MARK>{_MARK})|(?P<OPEN>\"\"\"|\"[^\r\n]*)
    |(?P<QUOTED>'[^'\r\n]{{0,200}}'|“[^”\r\n]{{0,200}}”|‘[^’\r\n]{{0,200}}’|「[^」\r\n]{{0,200}}」)|(?P<WIDE>[{"".join(_WIDE)}])
    |(?P<BAD>[^\s\w"'\#{{}}()\[\],:.=+\-*/<>{"".join(_WIDE)}“‘「\ufeff]+|[\s\S])""",
    re.VERBOSE,
)
_DECLARATION_LINE = re.compile(r"^(?:[^\W\d]\w*[ \t]+[^\W\d]\w*[ \t]*(?:=|:|\bfrom\b|\bof\b)|\#\#)", re.MULTILINE)


def lex(source: Source) -> Lexed:
    """Cut a text into tokens. Never fails: what cannot be read is reported, and left out or fixed."""
    out = Lexed()
    text, name = source.text, source.name
    tokens, comments = out.tokens, out.comments
    position, end, first = 0, len(text), True
    match = _PATTERN.match
    while position < end:
        found = match(text, position)
        assert found is not None  # the last alternative takes any character
        kind, stop = found.lastgroup, found.end()
        if kind == "SPACE":
            first = first or "\n" in found[0]
            position = stop
            continue
        if kind == "COMMENT":
            comments.append(Comment(found[0].rstrip(), first, Span(name, position, stop)))
            position = stop
            continue
        if kind == "MARK":
            tokens.append(Token(MARKS[found[0]], found[0], position, stop, first))
        elif kind in ("NAME", "NUMBER", "TEXT", "REGEX"):
            tokens.append(Token(kind, found[0], position, stop, first))
        elif kind == "OPEN":
            stop = _unclosed(out, source, position, stop, first)
        elif kind == "BAD" and found[0] in _OTHER_WORDS:
            _other_word(out, source, position, stop, first)
        elif kind == "BAD":
            _bad(out, source, position, stop)
        else:
            _foreign(out, source, found[0], position, first)
        first = False
        position = stop
    return out


def _unclosed(out: Lexed, source: Source, start: int, stop: int, first: bool) -> int:
    """A quote without its end. The text is taken to end on its line, or, between triple quotes, where the next line
    looks like a declaration."""
    text = source.text
    triple = text.startswith('"""', start)
    if triple:
        next_one = _DECLARATION_LINE.search(text, stop)
        stop = next_one.start() if next_one else len(text)
    message = 'this string has no closing `"""`' if triple else 'this string has no closing `"`'
    length = 3 if triple else 1
    prefix = bool(out.tokens) and out.tokens[-1].end == start and out.tokens[-1].text == "r" and not triple
    if prefix:
        start, first = out.tokens[-1].start, out.tokens.pop().first
    span = Span(source.name, start, start + length + prefix)
    out.diagnostics.append(Diagnostic("T006", message, span, "opened here", help=_text_help(text[start:stop], triple)))
    out.doubts.append(start)
    quotes = '"' * length
    body = text[start + length + prefix : stop].rstrip().replace("\\", "/").replace('"', "'")
    out.tokens.append(Token("TEXT", f"{quotes}{body}{quotes}", start, max(stop, start + 1), first))
    return stop


def _text_help(raw: str, triple: bool) -> str:
    return "" if triple or raw.count('"') > 2 else 'put a string of several lines between `"""` and `"""`'


def _bad(out: Lexed, source: Source, start: int, stop: int) -> None:
    """Characters that mean nothing are left out, one report a run."""
    if out.diagnostics and out.diagnostics[-1].code == "T003" and out.diagnostics[-1].span.end == start:
        start = out.diagnostics.pop().span.start  # one run, which the pattern cut in two
    run = source.text[start:stop]
    shown = run if len(run) <= 12 else run[:11] + "…"
    what = "unexpected character" if len(run) == 1 else "unexpected characters"
    message = f"{what}: {_visible(shown)}"
    span = Span(source.name, start, stop)
    out.diagnostics.append(Diagnostic("T003", message, span, help=_HELP.get(run[0], "")))
    out.doubts.append(start)


def _other_word(out: Lexed, source: Source, start: int, stop: int, first: bool) -> None:
    """What other languages write for `and` and `or` is read as that, and reported with a fix."""
    span, wanted = Span(source.name, start, stop), _OTHER_WORDS[source.text[start:stop]]
    out.tokens.append(Token("NAME", wanted, start, stop, first))
    fix = Fix(f"write `{wanted}`", (Edit(span, wanted),))
    message = f"unknown operator `{source.text[start:stop]}`"
    out.diagnostics.append(Diagnostic("T003", message, span, help=f"write `{wanted}`", fixes=(fix,)))


def _visible(text: str) -> str:
    return f"`{text}`" if text.isprintable() else " ".join(f"U+{ord(char):04X}" for char in text)


def _foreign(out: Lexed, source: Source, text: str, start: int, first: bool) -> None:
    """Other quotes and full-width punctuation are read as what they are meant for, and reported with a fix."""
    span = Span(source.name, start, start + len(text))
    if len(text) == 1:
        wanted = _WIDE[text]
        message, title = f"unexpected full-width `{text}`", f"write `{wanted}`"
        out.tokens.append(Token(MARKS[wanted], wanted, start, span.end, first))
    else:
        body = text[1:-1].replace("\\", "\\\\").replace('"', '\\"')
        wanted = f'"{body}"'
        message, title = "strings go in double quotes", "use double quotes"
        out.tokens.append(Token("TEXT", wanted, start, span.end, first))
    out.diagnostics.append(Diagnostic("T003", message, span, help=title, fixes=(Fix(title, (Edit(span, wanted),)),)))
