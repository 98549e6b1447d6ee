"""Finds the layouts of `tunec export`: walks `tunec.runtime.exchange.layouts`. No list to keep."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from tunec.compiler.types import RowType
from tunec.runtime.exchange.data import Data
from tunec.runtime.exchange.destination import Destination

Write = Callable[[Data, Destination], None]


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout: its name, the row types that it can hold, and the function that writes a data set in it."""

    name: str
    holds: tuple[RowType, ...]
    write: Write


def layout(*holds: RowType) -> Callable[[Write], Write]:
    """Mark the function of a layout, which is named like its file, with the row types that it can hold."""

    def mark(write: Write) -> Write:
        write.__layout__ = holds  # type: ignore[attr-defined]
        return write

    return mark


@cache
def layouts() -> dict[str, Layout]:
    """All layouts by name."""
    import tunec.runtime.exchange.layouts as package

    found = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        write = getattr(importlib.import_module(f"{package.__name__}.{name}"), name)
        found[name] = Layout(name, write.__layout__, write)
    return found


def layouts_for(row_type: RowType) -> list[str]:
    """The names of the layouts that can hold a row type."""
    return [found.name for found in layouts().values() if row_type in found.holds]
