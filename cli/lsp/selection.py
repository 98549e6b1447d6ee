"""Selection ranges: from the word under the cursor outwards, as far as the file."""

from __future__ import annotations

import re

from lsprotocol import types

from tunec.compiler.elaborate.walk import walk
from tunec.dsl.parser import parse
from tunec.dsl.source import Source
from tunec.lsp.documents import Document

_WORD = re.compile(r"\w+")


def selection(document: Document, positions: list[types.Position]) -> list[types.SelectionRange]:
    """For each position the stretches around it, each inside the next."""
    file, _ = parse(Source(str(document.path), document.text))
    found = []
    for position in positions:
        offset = document.lines.offset(position)
        around = {(0, len(document.text))}
        for item in file.declarations:
            if item.span.start <= offset <= item.span.end:
                around.add((item.span.start, item.span.end))
                for node in walk(item):
                    for name in ("span", "name_span"):
                        span = getattr(node, name, None)
                        if span is not None and span.start <= offset <= span.end:
                            around.add((span.start, span.end))
        line = document.lines.starts[document.lines.line_of(offset)]
        for word in _WORD.finditer(document.text, line):
            if word.start() > offset:
                break
            if offset <= word.end():
                around.add((word.start(), word.end()))
        found.append(_nested(document, around))
    return found


def _nested(document: Document, around: set[tuple[int, int]]) -> types.SelectionRange:
    """The stretches as a chain. Of two that overlap, as the words at both sides of a dot do, the first counts."""
    chain: types.SelectionRange | None = None
    outer = (0, len(document.text))
    for start, end in sorted(around, key=lambda pair: (pair[0] - pair[1], pair)):
        if outer[0] <= start and end <= outer[1]:
            place = types.Range(document.lines.position(start), document.lines.position(end))
            chain, outer = types.SelectionRange(place, chain), (start, end)
    assert chain is not None
    return chain
