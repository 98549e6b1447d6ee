"""The type that holds all values of a column as they are, if there is one. Quick to load.

A shape is `text`, `int`, `float`, `bool`, `none`, `("list", SHAPE)`, or `("object", {NAME: SHAPE})`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from tunec.runtime.base.digits import Digits, fractional, whole

Shape: TypeAlias = Any

#: How deep lists and objects of a column may stand in one another, and how many keys an object may have, before the
#: column is kept as JSON text: file formats have no room for more.
DEEPEST, WIDEST = 8, 200
EXACT = 2**53  # up to here every whole number is a float64
_PLAIN: dict[type, str] = {str: "text", bool: "bool", int: "int", float: "float"}
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")


def shape_of(values: Sequence[Any], depth: int = 0) -> Shape | None:
    """The shape of values of JSON, or None where no one type holds all of them as they are."""
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return "none"
    if len(kinds) == 1:
        (kind,) = kinds
        if kind is int:
            return "int" if _is_int64([value for value in values if value is not None]) else None
        if kind in _PLAIN:
            return _PLAIN[kind]
        if depth >= DEEPEST:
            return None
        some = [value for value in values if value is not None]
        if kind is list:
            inner = shape_of([item for value in some for item in value], depth + 1)
            return None if inner is None else ("list", inner)
        return _object(some, depth) if kind is dict else None
    if kinds == {int, float}:
        exact = all(type(value) is not int or abs(value) <= EXACT for value in values)
        return "float" if exact else None
    return None


def _object(objects: Sequence[dict[str, Any]], depth: int) -> Shape | None:
    names = dict.fromkeys(name for value in objects for name in value)
    if not names or len(names) > WIDEST:
        return None  # files have no objects without fields
    fields = {name: shape_of([value.get(name) for value in objects], depth + 1) for name in names}
    return None if None in fields.values() else ("object", fields)


def _is_int64(values: Sequence[int]) -> bool:
    return not values or (min(values) >= -(2**63) and max(values) < 2**63)


def fitted(value: Any, shape: Shape) -> Any:
    """A value with whole numbers as fractional ones where its shape has those: Polars does not see to it within lists
    and objects."""
    if value is None or isinstance(shape, str):
        return float(value) if shape == "float" and value is not None else value
    kind, inner = shape
    if kind == "list":
        return [fitted(item, inner) for item in value]
    return {name: fitted(value.get(name), field) for name, field in inner.items()}


def numbers_of(texts: Iterable[str | None]) -> list[int | float | Digits | None] | None:
    """The numbers that texts are, or None where one is no number as JSON writes it, and where none is a number. A blank
    text is a missing number."""
    found: list[int | float | Digits | None] = []
    for text in texts:
        said = "" if text is None else text.strip()
        match = _NUMBER.fullmatch(said) if said else None
        if match is not None:
            found.append(fractional(said) if match[2] or match[3] else whole(said))
        elif said:
            return None
        else:
            found.append(None)
    return None if all(number is None for number in found) else found


def is_number(text: str | None) -> bool:
    """Whether a text is a number as JSON writes it, or says nothing."""
    return text is None or not text.strip() or _NUMBER.fullmatch(text.strip()) is not None
