"""Finds the operators: walks `tunec.runtime.ops`, and the entry points of other packages. No list to keep."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tunec.compiler.catalogue import Catalogue, Operator, describe
from tunec.compiler.graph import Node
from tunec.compiler.sample import ModelSeen, Sample
from tunec.dsl.visible import say

ENTRY_POINTS = "tunec.operators"


class Found(Mapping[tuple[str, str], Operator]):
    """Operators by kind and name, each imported when it is first asked for: a spec uses a few of many.

    `modules` says where each lies. A file without an operator in it is a KeyError; a test finds such files.
    """

    def __init__(self, modules: Mapping[tuple[str, str], str]) -> None:
        self._modules = modules
        self._known: dict[tuple[str, str], Operator] = {}
        self._broken: set[tuple[str, str]] = set()

    def __getitem__(self, key: tuple[str, str]) -> Operator:
        if key in self._broken:
            raise KeyError(key)
        if key not in self._known:
            module = self._modules[key]
            try:
                self._known[key] = _operator(key, module)
            except KeyError:
                raise
            except (Exception, SystemExit) as error:
                if _is_own(module):
                    raise
                # An operator of somebody else that cannot be imported is one that is not there, and no more.
                self._broken.add(key)
                say(f"the operator {'.'.join(key)} of {module} cannot be loaded: {_why(error)}")
                raise KeyError(key) from error
        return self._known[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


@cache
def load_catalogue() -> Catalogue:
    """All operators that are installed."""
    catalogue = Catalogue(Found({**_own(), **_foreign()}), _look, _look_at_model)
    return catalogue


def _look(node: Node, folder: Path) -> Sample | None:
    from tunec.runtime.sources.looking import look

    return look(node, folder, _function_at)


def _look_at_model(node: Node, folder: Path) -> ModelSeen | None:
    from tunec.runtime.models.looking import look

    return look(node, folder)


def _function_at(path: str) -> Callable[..., Any]:
    return function_of(load_catalogue().at(path))


def function_of(operator: Operator) -> Callable[..., Any]:
    """The Python function behind an operator."""
    module = importlib.import_module(operator.module)
    function: Callable[..., Any] = getattr(module, operator.name, None) or getattr(module, operator.name + "_")
    return function


def _operator(key: tuple[str, str], name: str) -> Operator:
    """The operator in a module."""
    module = importlib.import_module(name)
    stem = name.rpartition(".")[2]
    # `any.py` may call its function `any_`, so that it does not hide the builtin.
    function = getattr(module, stem, None) or getattr(module, stem + "_", None)
    promise = getattr(function, "__tunec__", None)
    if function is None or promise is None:
        raise KeyError(key)
    return describe(*key, function, promise)


def _own() -> dict[tuple[str, str], str]:
    import tunec.runtime.ops as package

    found: dict[tuple[str, str], str] = {}
    for folder in package.__path__:
        found |= _walk(folder, package.__name__)
    return found


def _walk(folder: str, package: str) -> dict[tuple[str, str], str]:
    """The modules of a package's folders, by kind and name."""
    found: dict[tuple[str, str], str] = {}
    # A listing rather than pkgutil: this runs at every start, and has to cost nothing.
    for kind in sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and entry.name[0] not in "_."):
        for file in sorted(entry.name for entry in os.scandir(f"{folder}/{kind}")):
            if file.endswith(".py") and file[0].islower():
                stem = file.removesuffix(".py")
                found[kind, stem.removesuffix("_")] = f"{package}.{kind}.{stem}"
    return found


def _foreign() -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    if not any(_names_operators(Path(folder)) for folder in sys.path):
        return found
    from importlib.metadata import entry_points

    for entry in entry_points(group=ENTRY_POINTS):
        try:
            package = entry.load()
            for folder in package.__path__:
                found |= _walk(folder, package.__name__)
        except (Exception, SystemExit) as error:
            say(f"the operators of {entry.value} cannot be loaded, and are left out: {_why(error)}")
    return found


def _is_own(module: str) -> bool:
    return module.startswith("tunec.runtime.ops.")


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _names_operators(folder: Path) -> bool:
    # Reading these few files takes a tenth of the time that importing importlib.metadata does.
    mark = f"[{ENTRY_POINTS}]".encode()
    try:
        return any(mark in path.read_bytes() for path in folder.glob("*.dist-info/entry_points.txt"))
    except OSError:
        return True  # then the slow way tells
