"""Finds the operators: walks `tunec.runtime.ops`, and the entry points of other packages. No list to keep."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tunec.compiler.catalogue import Catalogue, Operator, catalogue_of, describe

ENTRY_POINTS = "tunec.operators"


@cache
def load_catalogue() -> Catalogue:
    """All operators that are installed."""
    return catalogue_of([*_own(), *_foreign()])


def function_of(operator: Operator) -> Callable[..., Any]:
    """The Python function behind an operator."""
    module = importlib.import_module(operator.module)
    function: Callable[..., Any] = getattr(module, operator.name, None) or getattr(module, operator.name + "_")
    return function


def _own() -> Iterator[Operator]:
    import tunec.runtime.ops as package

    for folder in package.__path__:
        yield from _walk(Path(folder), package.__name__)


def _walk(folder: Path, package: str) -> Iterator[Operator]:
    # A listing rather than pkgutil: this runs at every start, and has to cost nothing.
    for kind in sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and entry.name[0] not in "_."):
        for path in sorted((folder / kind).glob("[a-z]*.py")):
            module = importlib.import_module(f"{package}.{kind}.{path.stem}")
            # `any.py` may call its function `any_`, so that it does not hide the builtin.
            function = getattr(module, path.stem, None) or getattr(module, path.stem + "_", None)
            promise = getattr(function, "__tunec__", None)
            if function is not None and promise is not None:
                yield describe(kind, path.stem.removesuffix("_"), function, promise)


def _foreign() -> Iterator[Operator]:
    if not any(_names_operators(Path(folder)) for folder in sys.path):
        return
    from importlib.metadata import entry_points

    for entry in entry_points(group=ENTRY_POINTS):
        package = entry.load()
        for folder in package.__path__:
            yield from _walk(Path(folder), package.__name__)


def _names_operators(folder: Path) -> bool:
    # Reading these few files takes a tenth of the time that importing importlib.metadata does.
    mark = f"[{ENTRY_POINTS}]".encode()
    return any(mark in path.read_bytes() for path in folder.glob("*.dist-info/entry_points.txt"))
