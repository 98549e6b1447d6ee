"""The shape of a text for the formatter: tokens grouped by their brackets, with every comment at its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tunec.dsl.brackets import MARK
from tunec.dsl.lexer import Token
from tunec.dsl.record import record
from tunec.dsl.source import Source
from tunec.dsl.tables import DECLARATIONS
from tunec.dsl.tree import Comment

OPENERS = frozenset(("LBRACE", "LBRACKET", "LPAR", "CALL_OPEN"))
OPERANDS = frozenset(["NAME", "NUMBER", "TEXT", "REGEX", "TRUE", "FALSE", "NONE", "RPAR", "RBRACKET", "RBRACE"])
"""The terminals that an expression can end with."""

_STATEMENTS = frozenset(["KEEP", "DROP", "LET", "CHECK", "NAME", "NOT", "TEXT"])


@record
class Remark:
    """A comment, and whether a blank line stands above it."""

    text: str
    own_line: bool
    spaced: bool


@dataclass(slots=True)
class Group:
    """A pair of brackets with the items between them. `remark` follows the opening bracket on its line, `last` stand
    above the closing one. `one_line`: both brackets stand on one line of the text."""

    opener: Token
    is_block: bool
    items: list[Item] = field(default_factory=list)
    remark: Remark | None = None
    last: list[Remark] = field(default_factory=list)
    closer: str = ""
    one_line: bool = True


Part = Token | Group | Remark


@dataclass(slots=True)
class Item:
    """A declaration, a statement, or what stands between two commas; with the comments above it and behind it."""

    above: list[Remark]
    spaced: bool
    parts: list[Part] = field(default_factory=list)
    behind: Remark | None = None


@dataclass(slots=True)
class Layout:
    """A whole file: its declarations, and the comments below the last."""

    items: list[Item]
    last: list[Remark]


def layout(source: Source, tokens: Sequence[Token], comments: Sequence[Comment]) -> Layout:
    """Group the tokens of a text that has no mistakes."""
    return _Reader(source, tokens, comments).file()


class _Reader:
    def __init__(self, source: Source, tokens: Sequence[Token], comments: Sequence[Comment]) -> None:
        self.source, self.tokens, self.comments = source, tokens, comments
        self.index = 0
        self.comment = 0
        self.end = 0  # of the last token or comment

    def file(self) -> Layout:
        items: list[Item] = []
        above = self._remarks()
        while self.index < len(self.tokens):
            item = self._item(above, "declaration")
            above = self._behind(item)
            items.append(item)
        return Layout(items, above)

    def _group(self) -> Group:
        opener = self.tokens[self.index]
        before = self.tokens[self.index - 1].type if self.index else ""
        group = Group(opener, opener.type == "LBRACE" and before in OPERANDS)
        self._next()
        above = self._remarks()
        if above and not above[0].own_line:
            group.remark = above.pop(0)
        while self.tokens[self.index].type not in MARK:
            item = self._item(above, "statement" if group.is_block else "item")
            above = self._behind(item)
            group.items.append(item)
        closer = self.tokens[self.index]
        group.last, group.closer = above, closer.text
        group.one_line = "\n" not in self.source.text[opener.start : closer.start]
        self._next()
        return group

    def _item(self, above: list[Remark], kind: str) -> Item:
        """One item. The comments inside it stay where they are; those after it are left to the caller. A `-` that is no
        subtraction gets a type of its own, SIGN."""
        spaced = self._spaced(self.tokens[self.index].start)
        item = Item(above, spaced)
        first = self.index
        while True:
            token = self.tokens[self.index]
            if token.type in OPENERS:
                item.parts.append(self._group())
            else:
                sign = token.type == "MINUS" and (not self.index or self.tokens[self.index - 1].type not in OPERANDS)
                item.parts.append(token._replace(type="SIGN") if sign else token)
                self._next()
            if self._ends(kind, first):
                return item
            item.parts.extend(self._remarks())

    def _ends(self, kind: str, first: int) -> bool:
        if self.index == len(self.tokens):
            return True
        here, before = self.tokens[self.index].type, self.tokens[self.index - 1].type
        if kind == "declaration":
            return here in DECLARATIONS
        if here in MARK or here == "COMMA":
            return True
        # Two operands side by side: the second starts a statement. A range may end in its dots.
        between = before in OPERANDS or (before == "DOTS" and here != "NUMBER")
        return kind == "statement" and self.index > first and between and here in _STATEMENTS

    def _behind(self, item: Item) -> list[Remark]:
        """Take the comment on the line of the item that was just read, and hand on those below it."""
        remarks = self._remarks()
        if self.index < len(self.tokens) and self.tokens[self.index].type == "COMMA":
            self._next()
            remarks += self._remarks()
        if remarks and not remarks[0].own_line:
            item.behind = remarks.pop(0)
        return remarks

    def _next(self) -> None:
        self.end = self.tokens[self.index].end
        self.index += 1

    def _remarks(self) -> list[Remark]:
        """The comments between the last token and the next."""
        until = self.tokens[self.index].start if self.index < len(self.tokens) else len(self.source.text)
        out: list[Remark] = []
        while self.comment < len(self.comments) and self.comments[self.comment].span.start < until:
            comment = self.comments[self.comment]
            out.append(Remark(comment.text, comment.own_line, self._spaced(comment.span.start)))
            self.end = comment.span.end
            self.comment += 1
        return out

    def _spaced(self, start: int) -> bool:
        return self.source.text.count("\n", self.end, start) > 1
