"""Declarations that were read before, so that an editor's next text is read anew only where it differs."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple

from tunec.dsl.record import record
from tunec.dsl.source import Span
from tunec.dsl.tree import TopLevel

MOST = 2000
"""Of an editor's files; what is more makes room for the next."""


class Key(NamedTuple):
    """All that a declaration's tree depends on, but for the place where it starts."""

    file: str
    text: str
    doc: str


@record
class Kept:
    """A declaration without mistakes: its tree, where it started, and what its tokens were read as."""

    tree: TopLevel
    start: int
    terminals: tuple[str, ...]

    def at(self, start: int) -> TopLevel:
        """The tree of the same text at another place."""
        tree: TopLevel = self.tree if start == self.start else _moved(self.tree, start - self.start)
        return tree


KEPT: dict[Key, Kept] = {}


def keep(key: Key, kept: Kept) -> None:
    """Keep a declaration."""
    if len(KEPT) >= MOST:
        KEPT.clear()
    KEPT[key] = kept


def _moved(value: Any, by: int) -> Any:
    """A part of a tree, with every span moved."""
    kind: type = type(value)
    if kind is Span:
        return Span(value.file, value.start + by, value.end + by)
    if kind is tuple:
        return tuple([_moved(item, by) for item in value])
    names = _fields(kind)
    return kind(*[_moved(getattr(value, name), by) for name in names]) if names else value


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
