"""The names that `let` binds on the way of rows: each stage adds to those of the stage before, and copies none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tunec.compiler.types import Type


class Lets(Mapping[str, Type]):
    """The first `count` of the names that a chain of stages binds, behind those of `before`.

    The stages of a block share one growing table and differ in how much of it they see. Where rows go two ways, the
    second way starts a table of its own.
    """

    __slots__ = ("before", "count", "table")

    def __init__(self, before: Lets | None, table: dict[str, tuple[int, Type]], count: int) -> None:
        self.before, self.table, self.count = before, table, count

    def __getitem__(self, name: str) -> Type:
        lets: Lets | None = self
        while lets is not None:
            found = lets.table.get(name)
            if found is not None and found[0] < lets.count:
                return found[1]
            lets = lets.before
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        tables = [self]
        while tables[-1].before is not None:
            tables.append(tables[-1].before)
        for lets in reversed(tables):
            yield from (name for name, (place, _) in lets.table.items() if place < lets.count)

    def __len__(self) -> int:
        return self.count + (len(self.before) if self.before is not None else 0)


def with_let(lets: Mapping[str, Type], name: str, kind: Type) -> Lets:
    """The names with one more, which is not among them."""
    if not isinstance(lets, Lets):
        lets = Lets(None, {known: (place, type_) for place, (known, type_) in enumerate(lets.items())}, len(lets))
    if lets.count < len(lets.table):
        lets = Lets(lets, {}, 0)
    lets.table[name] = (lets.count, kind)
    return Lets(lets.before, lets.table, lets.count + 1)
