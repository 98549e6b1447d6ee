"""Python values of lowered constants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tunec.compiler import lowered
from tunec.compiler.lowered import Lowered, Record, Ref
from tunec.runtime.base.values import Range


def constant(value: Lowered, resolve: Callable[[str], object]) -> Any:
    """The Python value of a lowered constant; references go through `resolve`."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return [constant(item, resolve) for item in value]
        case Ref():
            return resolve(value.node)
        case lowered.Range():
            return Range(value.low, value.high)
        case Record():
            return {name: constant(entry, resolve) for name, entry in value.entries.items()}
        case _:
            raise TypeError(f"{value!r} is not a constant")
