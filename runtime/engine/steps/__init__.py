"""The kinds of nodes, one a file of that name. Each file holds a `KIND` and is found by looking: there is no list to
keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from tunec.runtime.engine.step import NodeKind


class _Kinds(Mapping[str, NodeKind]):
    """Kinds by their names; the file of one is read when it is asked for."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def __getitem__(self, name: str) -> NodeKind:
        if name not in self._names:
            raise KeyError(name)
        kind: NodeKind = import_module(f"{__name__}.{name}").KIND
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)


@cache
def node_kinds() -> Mapping[str, NodeKind]:
    """Every kind of node, by its name."""
    return _Kinds(frozenset(path.stem for folder in __path__ for path in Path(folder).glob("[a-z]*.py")))
