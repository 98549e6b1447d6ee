"""Semantic tokens: what each word means, which no grammar of an editor can tell."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from tunec.dsl.parser import parse_tokens
from tunec.dsl.tables import WORDS
from tunec.dsl.tree import Declaration
from tunec.lsp.analysis import Analysis
from tunec.lsp.documents import Document
from tunec.lsp.index import Mark

TYPES = [
    "keyword", "comment", "string", "regexp", "number", "operator", "variable", "function", "parameter", "property",
    "enumMember", "namespace",
]  # fmt: skip
MODIFIERS = ["declaration", "readonly", "documentation", "defaultLibrary"]
LEGEND = types.SemanticTokensLegend(TYPES, MODIFIERS)

_KEYWORDS = frozenset(WORDS.values())
_TERMINALS = {
    "TEXT": "string", "REGEX": "regexp", "NUMBER": "number", "COMPARE": "operator", "PLUS": "operator",
    "MINUS": "operator", "TIMES": "operator", "DOTS": "operator", "DOTS_TO": "operator",
}  # fmt: skip
_ROLES = {
    "declaration": "variable", "let": "variable", "tap": "property", "split": "property", "operator": "function",
    "parameter": "parameter", "field": "property", "word": "enumMember", "key": "property", "label": "property",
    "alias": "namespace",
}  # fmt: skip

_NUMBERS = {kind: number for number, kind in enumerate(TYPES)}
_TYPES = {**_TERMINALS, **dict.fromkeys(_KEYWORDS, "keyword")}
_DECLARATION, _READONLY, _LIBRARY, _DOCUMENTATION = (
    1 << MODIFIERS.index(name) for name in ("declaration", "readonly", "defaultLibrary", "documentation")
)

Token = tuple[int, int, str, int]
"""Start, end, type, modifiers."""


def tokens(analysis: Analysis, document: Document) -> types.SemanticTokens:
    """The tokens of a whole file, packed as the protocol wants them."""
    data: list[int] = []
    before = column = line = 0
    text, starts, units = document.text, [*document.lines.starts, len(document.text) + 1], document.lines.units
    plain = text.isascii()  # then a character is a unit of the protocol, whichever it counts in
    for start, end, kind, modifiers in sorted(_found(analysis)):
        for a, b in _lines(text, start, end) if text.find("\n", start, end) >= 0 else ((start, end),):
            while starts[line + 1] <= a:  # tokens come in the order of the text
                line += 1
            at, long = (a - starts[line], b - a) if plain else (units(starts[line], a), units(a, b))
            data += (line - before, at - column if line == before else at, long, _NUMBERS[kind], modifiers)
            before, column = line, at
    return types.SemanticTokens(data)


def _found(analysis: Analysis) -> Iterator[Token]:
    covered: set[int] = set()
    for mark in analysis.index().marks:
        kind, modifiers = _of_mark(analysis, mark)
        if kind:
            covered.update(range(mark.span.start, mark.span.end))
            yield mark.span.start, mark.span.end, kind, modifiers
    file, read, _ = parse_tokens(analysis.source)
    for token in read:
        kind = _TYPES.get(token.type, "")
        if kind and token.start not in covered and token.text:
            yield token.start, token.end, kind, 0
    for comment in file.comments:
        yield comment.span.start, comment.span.end, "comment", _DOCUMENTATION * comment.text.startswith("##")


def _of_mark(analysis: Analysis, mark: Mark) -> tuple[str, int]:
    kind = _ROLES.get(mark.role, "")
    modifiers = 0
    if mark.definition == mark.span:
        modifiers |= _DECLARATION
    if mark.role == "declaration":
        item = analysis.builder.program.declared.get(mark.name)
        if not isinstance(item, Declaration) or item.kind == "const":
            modifiers |= _READONLY
        elif item.kind == "rule":
            kind = "function"
    if mark.role == "operator":
        modifiers |= _LIBRARY
    return kind, modifiers


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of a token line by line: few editors take one that spans several."""
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        if stop > start:
            yield start, stop
        start = stop + 1
