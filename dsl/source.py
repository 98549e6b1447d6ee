"""Source text and locations in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one file: `start` (included) and `end` (excluded) are offsets in code points."""

    file: str
    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The stretch from the start of this span to the end of `other`."""
        return Span(self.file, self.start, max(self.end, other.end))


@dataclass(frozen=True)
class Source:
    """The text of one `.tune` file under the name that diagnostics show for it."""

    name: str
    text: str

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """The offset at which each line starts."""
        return (0, *accumulate([len(line) + 1 for line in self.text.split("\n")[:-1]]))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from one, columns in code points."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (counted from one) without its line break."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def place(self, span: Span) -> str:
        """`file:line:column` of the start of a span."""
        line, column = self.position(span.start)
        return f"{self.name}:{line}:{column}"
