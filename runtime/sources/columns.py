"""The other columns of a source, `meta.NAME`: one type each, and nothing changed in silence.

A column whose values are of several types is kept as canonical JSON text, which loses nothing and changes no value;
integers beyond 64 bits are digits then. What happened is a note, with the counts and the first location of each type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tunec.runtime.text.readable import json_text

if TYPE_CHECKING:
    import polars as pl

#: How deep lists and objects of a column may stand in one another, and how many keys an object may have, before the
#: column is kept as JSON text: file formats have no room for more.
_DEEPEST, _WIDEST = 8, 200
_EXACT = 2**53  # up to here every whole number is a float64
_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a source. `mixed`: its values were of several types, and are JSON text now."""

    values: pl.Series
    notes: tuple[str, ...] = ()
    mixed: bool = False


def column_of(name: str, parts: Sequence[list[Any] | pl.Series], texts: bool, locate: Callable[[int], str]) -> Column:
    """A column of all its parts. `texts`: they hold texts alone, which are numbers where all of them are.

    `locate` says where the value of a row stands, for notes.
    """
    import polars as pl

    if texts:
        return Column(_numbers(name, [value for part in parts for value in part]))
    tables = [part for part in parts if isinstance(part, pl.Series)]
    if tables and len(tables) == len(parts):
        joined = _joined(name, tables)
        if joined is not None:
            return _without_nan(name, joined, locate)
    values = [value for part in parts for value in part]
    dtype = _dtype(values, {type(value) for value in values})
    if dtype is not None:
        return _without_nan(name, pl.Series(name, values, dtype), locate)
    kept = [None if value is None or value != value else json_text(value) for value in values]
    return Column(pl.Series(name, kept, pl.String), (_mixed(name, values, locate),), True)


def _numbers(name: str, texts: Sequence[str | None]) -> pl.Series:
    """Texts as numbers where all of them are; an empty text is a missing number then."""
    import polars as pl

    said = [None if text is None else text.strip() for text in texts]
    some = [text for text in said if text]
    if some and all(_INTEGER.fullmatch(text) for text in some):
        whole = [int(text) if text and len(text) < 20 else None for text in said]
        if all(len(text) < 20 for text in some) and _is_int64([value for value in whole if value is not None]):
            return pl.Series(name, whole, pl.Int64)
    elif some and all(_NUMBER.fullmatch(text) for text in some):
        floats = [float(text) if text else None for text in said]
        if all(value is None or abs(value) <= _EXACT for value in floats):
            return pl.Series(name, floats, pl.Float64)
    return pl.Series(name, texts, pl.String)


def _joined(name: str, parts: Sequence[pl.Series]) -> pl.Series | None:
    """Columns of tables as one; None where they are of several types that no one type holds without a change."""
    import polars as pl

    kinds = {part.dtype for part in parts if part.dtype != pl.Null}
    if len(kinds) <= 1:
        dtype: Any = next(iter(kinds), pl.Null)
    elif all(kind.is_integer() for kind in kinds):
        fits = all(part.dtype != pl.UInt64 or part.is_empty() or (part.max() or 0) < 2**63 for part in parts)  # type: ignore[operator]
        dtype = pl.Int64 if fits else None
    elif all(kind.is_float() for kind in kinds):
        dtype = pl.Float64
    else:
        dtype = None
    if dtype is None:
        return None
    return pl.concat([part.cast(dtype).alias(name) for part in parts], rechunk=True)


def _without_nan(name: str, column: pl.Series, locate: Callable[[int], str]) -> Column:
    """A column in which what is not a number is missing."""
    if not column.dtype.is_float():
        return Column(column)
    nan = column.is_nan().fill_null(False)
    count = int(nan.sum())
    if not count:
        return Column(column)
    first = nan.arg_max()
    where = locate(first) if first is not None else ""
    note = f"`meta.{name}`: NaN is a missing value, {count:,} times, first at {where}"
    return Column(column.fill_nan(None), (note,))


def _is_int64(values: Sequence[int]) -> bool:
    return not values or (min(values) >= -(2**63) and max(values) < 2**63)


def _dtype(values: Sequence[Any], kinds: set[type], depth: int = 0) -> Any:
    """The Polars type that holds all values as they are, or None."""
    import polars as pl

    kinds = kinds - {type(None)}
    if not kinds:
        return pl.Null
    if kinds == {str}:
        return pl.String
    if kinds == {bool}:
        return pl.Boolean
    if kinds == {int}:
        return pl.Int64 if _is_int64([value for value in values if value is not None]) else None
    if kinds <= {int, float}:
        exact = all(type(value) is not int or abs(value) <= _EXACT for value in values)
        return pl.Float64 if exact else None
    if depth >= _DEEPEST:
        return None
    if kinds == {list}:
        items = [item for value in values if value is not None for item in value]
        inner = _dtype(items, {type(item) for item in items}, depth + 1)
        return None if inner is None else pl.List(inner)
    if kinds == {dict}:
        return _struct([value for value in values if value is not None], depth)
    return _of_tables(values, kinds)


def _struct(objects: Sequence[dict[str, Any]], depth: int) -> Any:
    import polars as pl

    names = dict.fromkeys(name for value in objects for name in value)
    if not names or len(names) > _WIDEST:
        return None  # a struct has fields
    fields = {}
    for name in names:
        items = [value.get(name) for value in objects]
        fields[name] = _dtype(items, {type(item) for item in items}, depth + 1)
    return None if None in fields.values() else pl.Struct(fields)


def _of_tables(values: Sequence[Any], kinds: set[type]) -> Any:
    """The type of dates and the like, which only tables have."""
    import polars as pl

    if len(kinds) != 1 or not kinds <= {date, datetime, clock, timedelta, Decimal, bytes}:
        return None
    try:
        return pl.Series(values, strict=True).dtype
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        return None


_NAMES: dict[type, str] = {bool: "true or false", int: "number", float: "number", str: "text", dict: "object"}


def _mixed(name: str, values: Sequence[Any], locate: Callable[[int], str]) -> str:
    """What the values of a column were, and where the first of each kind stands."""
    counts: dict[str, int] = {}
    first: dict[str, int] = {}
    for row, kind in enumerate(map(_kind, values)):
        if kind:
            counts[kind] = counts.get(kind, 0) + 1
            first.setdefault(kind, row)
    said = [f"{kind} {counts[kind]:,} times (first at {locate(first[kind])})" for kind in counts]
    return f"`meta.{name}` is kept as JSON text, as no one type holds its values: {', '.join(said)}"


def _kind(value: Any) -> str:
    if value is None:
        return ""
    if value != value:
        return "NaN, a missing value,"
    if type(value) is int and not -(2**63) <= value < 2**63:
        return "integer beyond 64 bits"
    return _NAMES.get(type(value), type(value).__name__)


def series_of(array: Any, name: str) -> pl.Series | list[Any]:
    """A column of an Arrow table. Types that no file of rows holds are values as Python has them."""
    import polars as pl
    import pyarrow as pa

    try:
        wanted = _readable(array.type)
        if wanted != array.type:
            array = array.cast(wanted)
        column = pl.from_arrow(array)
    except (pa.ArrowException, NotImplementedError, ValueError, TypeError, pl.exceptions.PolarsError):
        return list(array.to_pylist())
    assert isinstance(column, pl.Series)
    return column.alias(name)


def _readable(kind: Any) -> Any:
    """The Arrow type of equal values that every reader knows. Raises NotImplementedError where there is none."""
    import zoneinfo

    import pyarrow as pa

    is_ = pa.types
    if is_.is_dictionary(kind) or is_.is_run_end_encoded(kind):
        return _readable(kind.value_type)
    if is_.is_map(kind):
        entry = [pa.field("key", _readable(kind.key_type)), pa.field("value", _readable(kind.item_type))]
        return pa.list_(pa.struct(entry))
    if is_.is_list(kind) or is_.is_large_list(kind) or is_.is_fixed_size_list(kind) or _is_view(kind):
        return pa.large_list(_readable(kind.value_type))
    if is_.is_struct(kind):
        if not kind.num_fields:
            raise NotImplementedError(str(kind))
        return pa.struct([field.with_type(_readable(field.type)) for field in kind])
    if is_.is_union(kind) or is_.is_interval(kind) or is_.is_decimal256(kind) or isinstance(kind, pa.BaseExtensionType):
        raise NotImplementedError(str(kind))
    if is_.is_timestamp(kind) and kind.tz is not None:
        return pa.timestamp(kind.unit, kind.tz if kind.tz in zoneinfo.available_timezones() else "UTC")
    if is_.is_float16(kind):
        return pa.float32()
    return kind


def _is_view(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind))
