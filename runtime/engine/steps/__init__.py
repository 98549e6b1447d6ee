"""The kinds of nodes, one a file. Each file holds a `KIND` and is found by looking: there is no list to keep."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from tunec.runtime.engine.step import NodeKind


@cache
def node_kinds() -> Mapping[str, NodeKind]:
    """Every kind of node, by its name."""
    names = sorted(path.stem for folder in __path__ for path in Path(folder).glob("[a-z]*.py"))
    kinds: list[NodeKind] = [import_module(f"{__name__}.{name}").KIND for name in names]
    return {kind.name: kind for kind in kinds}
