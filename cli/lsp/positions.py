"""Offsets of the language in code points, and positions of the protocol in lines and its own units."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from lsprotocol import types
from pygls.workspace import PositionCodec

from tunec.dsl.source import Span

_BREAK = re.compile(r"\r\n|\n|\r")


class Lines:
    """The lines of a text as the protocol counts them. Python would also end one at U+2028, which data can hold."""

    def __init__(self, text: str, codec: PositionCodec) -> None:
        self.text = text
        self.codec = codec
        if "\r" in text:
            self.starts = [0, *(found.end() for found in _BREAK.finditer(text))]
        else:  # three times as quick
            self.starts = [0, *accumulate([len(line) + 1 for line in text.split("\n")[:-1]])]

    def position(self, offset: int) -> types.Position:
        """The position of an offset."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.starts, offset) - 1
        return types.Position(line, self.units(self.starts[line], offset))

    def units(self, start: int, end: int) -> int:
        """How many units of the protocol a stretch has."""
        text = self.text[start:end]
        return len(text) if text.isascii() else self.codec.client_num_units(text)

    def line_of(self, offset: int) -> int:
        """The line of an offset, counted from zero."""
        return bisect_right(self.starts, offset) - 1

    def range(self, span: Span) -> types.Range:
        """The range of a span."""
        return types.Range(self.position(span.start), self.position(span.end))

    def offset(self, position: types.Position) -> int:
        """The offset of a position; one behind the end of a line means that end."""
        if position.line >= len(self.starts):
            return len(self.text)
        line = self.line(position.line)
        within = self.codec.position_from_client_units([line], types.Position(0, position.character))
        return self.starts[position.line] + within.character

    def line(self, number: int) -> str:
        """A line, counted from zero, without its end."""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[number] : end].rstrip("\r\n")

    @property
    def whole(self) -> types.Range:
        """The range of all of the text."""
        return types.Range(types.Position(0, 0), self.position(len(self.text)))
