"""Reads values out of records, with a reason for whatever does not fit."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.values import FormatError


def value_at(record: dict[str, Any], column: str) -> Any:
    """The value of a column; `a.b.0` is item 0 of field `b` of column `a`, unless a column has that very name."""
    if column in record or "." not in column:
        return record.get(column)
    value: Any = record
    for part in column.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def needed(record: dict[str, Any], column: str) -> Any:
    """The value of a column that has to be there. Raises FormatError."""
    value = value_at(record, column)
    if value is None:
        raise FormatError(f"`{column}` is null" if column in record else f"has no `{column}`", column)
    return value


def text(record: dict[str, Any], column: str) -> str:
    """The text in a column. Raises FormatError."""
    value = needed(record, column)
    if not isinstance(value, str):
        raise FormatError(f"`{column}` is not text but {type(value).__name__}")
    return value


def optional(record: dict[str, Any], column: str | None) -> str | None:
    """The text in a column that a record may lack; missing there too. Raises FormatError."""
    if column is None or value_at(record, column) is None:
        return None
    return text(record, column)


class Asked(dict[str, Any]):
    """A record that knows what it was asked for: what for a value (`read`), and what at all (`asked`)."""

    __slots__ = ("asked", "read")

    def __init__(self, record: dict[str, Any]) -> None:
        super().__init__(record)
        self.asked: set[str] = set()
        self.read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        self.read.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        self.read.add(key)
        return super().__getitem__(key)
