"""Documents as plain text, and in pieces."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser

_HIDDEN = ("script", "style", "template", "noscript", "head")
_BLOCKS = (
    "address", "article", "aside", "blockquote", "body", "dd", "div", "dl", "dt", "figure", "footer", "form", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "td", "th",
    "tr", "ul",
)  # fmt: skip
_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_OPEN = re.compile("<[^<]*|[^<]+")
#: Where a piece may end, the best place first.
_ENDS = (_BLANK, re.compile(r"\n"), re.compile(r"[。！？]|[.!?](?=\s)"), re.compile(r"\s"))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden: list[str] = []
        self.first: dict[str, int] = {}  # where in `hidden` a tag stands for the first time
        self.kept = 0
        self._endless: dict[str, str] = {}  # what has no end in a rest of the page, by what it is

    def parse_comment(self, i: int, report: bool = True) -> int:
        return self._once("comment", super().parse_comment, i, report)

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        return self._once("section", super().parse_marked_section, i, report)

    def _once(self, what: str, parse: Callable[[int, bool], int], i: int, report: bool) -> int:
        """Looks for the end of something, unless there was none for one further up: a page of nothing but beginnings
        would be read to its end for each of them."""
        if self._endless.get(what) is self.rawdata:
            return -1
        end = parse(i, report)
        if end < 0:
            self._endless[what] = self.rawdata
        return end

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "body":
            self.hidden.clear()  # `</head>` may be left out
            self.first.clear()
        if tag in _HIDDEN:
            self.first.setdefault(tag, len(self.hidden))
            self.hidden.append(tag)
        self._break(tag)
        self.kept += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in self.first:
            place = self.first[tag]
            del self.hidden[place:]
            self.first = {other: at for other, at in self.first.items() if at < place}
        self._break(tag)
        self.kept -= tag == "pre" and self.kept > 0

    def _break(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag == "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self.hidden:
            return
        if not self.kept:
            data = re.sub(r"\s+", " ", data)
            data = data.lstrip() if not self.parts or self.parts[-1].endswith("\n") else data
        if data:
            self.parts.append(data)


def plain(html: str) -> str:
    """The text of a page: blocks are paragraphs, scripts and styles are gone."""
    reader = _Reader()
    end = html.rfind(">") + 1
    reader.feed(html[:end])
    reader.close()
    for part in _OPEN.findall(html, end):  # tags that nothing closes are text, and are not looked through one by one
        reader.handle_data(unescape(part))
    text = re.sub(r"[^\S\n]+\n", "\n", "".join(reader.parts))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def paragraphs(text: str) -> list[str]:
    """What blank lines part."""
    return [part.strip() for part in _BLANK.split(text.replace("\r\n", "\n")) if part.strip()]


def pieces(text: str, size: int) -> list[str]:
    """Pieces of at most `size` characters, none blank, that end with a paragraph, a line, a sentence or a word in the
    second half of a piece, where one does."""
    rest, found = text.replace("\r\n", "\n").strip(), []
    start = 0
    while len(rest) - start > size:
        end = start + size
        for pattern in _ENDS:
            # One character more, so that what stands behind a piece may end it.
            last = [m.end() for m in pattern.finditer(rest, start + size // 2, end + 1) if m.end() <= end]
            if last:
                end = last[-1]
                break
        found.append(rest[start:end].strip())
        start = end
    return [piece for piece in [*found, rest[start:].strip()] if piece]
