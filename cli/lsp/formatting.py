"""Formatting: the one canonical form, as edits of the lines that differ."""

from __future__ import annotations

from difflib import SequenceMatcher

from lsprotocol import types

from tunec.compiler.canonical import spelled_out
from tunec.dsl.format import format_text
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
    # `difflib` is square in the number of lines, so what is equal at both ends is left out first.
    old, new = text.splitlines(True), canonical.splitlines(True)
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    offsets = [sum(map(len, old[:head]))]
    for line in middle_old:
        offsets.append(offsets[-1] + len(line))
    position = Lines(text, document.lines.codec).position
    return [
        types.TextEdit(types.Range(position(offsets[a]), position(offsets[b])), "".join(middle_new[c:d]))
        for tag, a, b, c, d in SequenceMatcher(None, middle_old, middle_new, False).get_opcodes()
        if tag != "equal"
    ]
