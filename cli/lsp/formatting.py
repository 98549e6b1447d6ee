"""Formatting: the one canonical form, as edits of the lines that differ."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import accumulate

from lsprotocol import types

from tunec.compiler.canonical import spelled_out
from tunec.dsl.format import format_text
from tunec.dsl.kept import parts
from tunec.dsl.source import Source
from tunec.lsp.analysis import Analysis
from tunec.lsp.documents import Document
from tunec.lsp.positions import Lines


def edits(document: Document, analysis: Analysis) -> list[types.TextEdit]:
    """What turns a text into its canonical form; nothing for a text with mistakes. Lines that stay are not touched, so
    that marks and folds of the editor stay where they are."""
    text = document.written
    canonical = format_text(Source(str(document.path), spelled_out(analysis.builder)))
    if canonical == text:
        return []
    position = Lines(text, document.lines.codec).position
    olds, news = _declarations(text), _declarations(canonical)
    if len(olds) != len(news):
        olds, news = [text], [canonical]
    found: list[tuple[int, int, str]] = []
    start = 0
    for old, new in zip(olds, news, strict=True):
        for a, b, put in _changes(old.splitlines(True), new.splitlines(True)) if old != new else ():
            if found and found[-1][1] == start + a:  # two that touch are one: their order would say what comes first
                a, put = found[-1][0] - start, found.pop()[2] + put
            found.append((start + a, start + b, put))
        start += len(old)
    return [types.TextEdit(types.Range(position(a), position(b)), put) for a, b, put in found]


def _declarations(text: str) -> list[str]:
    """A text in parts: formatting moves no declaration, and `difflib` is square in the number of lines."""
    return [text[part.start : part.end] for part in parts(text)]


def _changes(old: list[str], new: list[str]) -> Iterator[tuple[int, int, str]]:
    """What turns lines into others: stretches of their text, and what stands there instead."""
    offsets = [0, *accumulate(map(len, old))]
    for tag, a, b, c, d in SequenceMatcher(None, old, new, False).get_opcodes():
        if tag != "equal":
            yield offsets[a], offsets[b], "".join(new[c:d])
