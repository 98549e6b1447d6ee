"""The kinds of declarations, one a file. Each file holds a `KIND` and is found by looking: there is no list to keep."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from tunec.compiler.elaborate.kind import Kind
from tunec.dsl.tree import DeclarationKind


@cache
def kinds() -> Mapping[DeclarationKind, Kind]:
    """Every kind of declaration, by its keywords."""
    names = sorted(path.stem for folder in __path__ for path in Path(folder).glob("[a-z]*.py"))
    records: list[Kind] = [import_module(f"{__name__}.{name}").KIND for name in names]
    return {keyword: kind for kind in records for keyword in kind.keywords}


@cache
def target_kinds() -> tuple[DeclarationKind, ...]:
    """The keywords of what a build can make."""
    return tuple(keyword for keyword, kind in kinds().items() if kind.target)
