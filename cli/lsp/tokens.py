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
    "MINUS": "operator", "TIMES": "operator", "DOTS": "operator",
}  # fmt: skip
_ROLES = {
    "declaration": "variable", "let": "variable", "tap": "property", "split": "property", "operator": "function",
    "parameter": "parameter", "field": "property", "word": "enumMember", "key": "property", "label": "property",
    "alias": "namespace",
}  # fmt: skip

Token = tuple[int, int, str, int]
"""Start, end, type, modifiers."""


def tokens(analysis: Analysis, document: Document) -> types.SemanticTokens:
    """The tokens of a whole file, packed as the protocol wants them."""
    data: list[int] = []
    line = column = 0
    units = document.lines.units
    for start, end, kind, modifiers in sorted(_found(analysis)):
        for a, b in _lines(document.text, start, end):
            at = document.lines.position(a)
            data += [
                at.line - line,
                at.character - (column if at.line == line else 0),
                units(a, b),
                TYPES.index(kind),
                modifiers,
            ]
            line, column = at.line, at.character
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
        kind = "keyword" if token.type in _KEYWORDS else _TERMINALS.get(token.type, "")
        if kind and token.text and token.start not in covered:
            yield token.start, token.end, kind, 0
    for comment in file.comments:
        yield comment.span.start, comment.span.end, "comment", _bits("documentation") * comment.text.startswith("##")


def _of_mark(analysis: Analysis, mark: Mark) -> tuple[str, int]:
    kind = _ROLES.get(mark.role, "")
    modifiers = 0
    if mark.definition == mark.span:
        modifiers |= _bits("declaration")
    if mark.role == "declaration":
        item = analysis.builder.program.declared.get(mark.name)
        if not isinstance(item, Declaration) or item.kind == "const":
            modifiers |= _bits("readonly")
        elif item.kind == "rule":
            kind = "function"
    if mark.role == "operator":
        modifiers |= _bits("defaultLibrary")
    return kind, modifiers


def _bits(modifier: str) -> int:
    return 1 << MODIFIERS.index(modifier)


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of a token line by line: few editors take one that spans several."""
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        if stop > start:
            yield start, stop
        start = stop + 1
