"""Folding: blocks, lists and texts of several lines, runs of comments, and the imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lsprotocol import types

from tunec.dsl.brackets import CLOSER, MARK
from tunec.dsl.lexer import Token
from tunec.dsl.parser import parse_tokens
from tunec.dsl.source import Source, Span
from tunec.dsl.tree import Comment, Import
from tunec.lsp.documents import Document

Fold = tuple[int, int, types.FoldingRangeKind | None]
"""The first and the last line, and what is folded where it is not code."""

_OPENERS = (*CLOSER, "CALL_OPEN")


def folding(document: Document) -> list[types.FoldingRange]:
    """The stretches of a file that can be folded away, in the order of the text."""
    file, tokens, _ = parse_tokens(Source(str(document.path), document.text))
    line = document.lines.line_of
    kinds = types.FoldingRangeKind
    found: list[Fold] = [(line(a), line(b) - 1, None) for a, b in _brackets(tokens)]
    texts = (t for t in tokens if t.type == "TEXT" and "\n" in t.text)
    found += [(line(t.start), line(t.end), None) for t in texts]
    found += [(a, b, kinds.Comment) for a, b in _comments(document, file.comments)]
    imports = [item.span for item in file.declarations if isinstance(item, Import)]
    found += [(a, b, kinds.Imports) for a, b in _runs(document, imports)]
    distinct = {(a, b): kind for a, b, kind in reversed(found) if b > a}
    return [types.FoldingRange(a, b, kind=kind) for (a, b), kind in sorted(distinct.items())]


def _brackets(tokens: Iterable[Token]) -> Iterator[tuple[int, int]]:
    """The pairs of brackets, from the first one's start to the second one's."""
    open_: list[int] = []
    for token in tokens:
        if token.type in _OPENERS:
            open_.append(token.start)
        elif token.type in MARK and open_:
            yield open_.pop(), token.start


def _comments(document: Document, comments: Iterable[Comment]) -> Iterator[tuple[int, int]]:
    return _runs(document, [comment.span for comment in comments if comment.own_line])


def _runs(document: Document, spans: Iterable[Span]) -> Iterator[tuple[int, int]]:
    """Stretches of lines that follow one another."""
    first, last = -1, -2
    for span in spans:
        line = document.lines.line_of(span.start)
        if line > last + 1:
            if first >= 0:
                yield first, last
            first = line
        last = document.lines.line_of(span.end)
    if first >= 0:
        yield first, last
