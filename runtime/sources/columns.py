"""The other columns of a source, `meta.NAME`: one type each, and nothing changed in silence.

A column whose values are of several types is kept as canonical JSON text, which loses nothing and changes no value;
integers beyond 64 bits are digits then. What happened is a note, with the counts and the first location of each type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tunec.runtime.sources.common import cast_exactly, common, decimal_of
from tunec.runtime.sources.kinds import in_words, kinds_of
from tunec.runtime.sources.shapes import fitted, is_number, numbers_of, shape_of
from tunec.runtime.text.nanoseconds import exact
from tunec.runtime.text.readable import json_text

if TYPE_CHECKING:
    import polars as pl

#: Up to this share of values that are no numbers among numbers is worth a note.
_FEW = 0.1


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a source. `mixed` says of which types its values were, where they are JSON text now."""

    values: pl.Series
    notes: tuple[str, ...] = ()
    mixed: str = ""


def column_of(name: str, parts: Sequence[list[Any] | pl.Series], texts: bool, locate: Callable[[int], str]) -> Column:
    """A column of all its parts. `texts`: they hold texts alone, which are numbers where all of them are.

    `locate` says where the value of a row stands, for notes.
    """
    import polars as pl

    if texts:
        fields = [value for part in parts for value in part]
        numbers = numbers_of(fields)
        if numbers is None:
            return _of_texts(name, fields, locate)
        parts = [numbers]
    tables = [part for part in parts if isinstance(part, pl.Series)]
    if tables and len(tables) == len(parts):
        joined = _joined(name, tables)
        if joined is not None:
            return _without_nan(name, joined, locate)
    values = [value for part in parts for value in (exact(part) if isinstance(part, pl.Series) else part)]
    shape = shape_of(values)
    if shape is None:
        held = _of_tables(name, values)
    else:
        fitting = [fitted(value, shape) for value in values] if isinstance(shape, tuple) else values
        held = pl.Series(name, fitting, _polars(shape))
    return _as_json(name, values, locate) if held is None else _without_nan(name, held, locate)


def _as_json(name: str, values: Sequence[Any], locate: Callable[[int], str]) -> Column:
    """Values that no one type holds, as JSON text."""
    import polars as pl

    kept = [None if value is None or value != value else json_text(value) for value in values]
    held = in_words(kinds_of(values), name, locate)
    note = f"`meta.{name}` is kept as JSON text, as no one type holds its values: {held}"
    return Column(pl.Series(name, kept, pl.String), (note,), held)


def _of_texts(name: str, texts: Sequence[str | None], locate: Callable[[int], str]) -> Column:
    """Texts, some of which may be numbers: where that is most of them, a note says which are none."""
    import polars as pl

    others = [row for row, text in enumerate(texts) if not is_number(text)]
    note: tuple[str, ...] = ()
    if others and len(others) < _FEW * len(texts):
        shown = f"first {texts[others[0]]!r} at {locate(others[0])}"
        note = (f"`meta.{name}` is text: {len(others):,} of {len(texts):,} values are not numbers, {shown}",)
    return Column(pl.Series(name, texts, pl.String), note)


def _joined(name: str, parts: Sequence[pl.Series]) -> pl.Series | None:
    """Columns of tables as one; None where they are of several types that no one type holds without a change."""
    import polars as pl

    for dtype in common(dict.fromkeys(part.dtype for part in parts)):
        made = [cast_exactly(part, dtype) for part in parts]
        if all(part is not None for part in made):
            return pl.concat([part.alias(name) for part in made if part is not None], rechunk=True)
    return None


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


def _polars(shape: Any) -> Any:
    import polars as pl

    if isinstance(shape, tuple):
        kind, inner = shape
        if kind == "list":
            return pl.List(_polars(inner))
        return pl.Struct({name: _polars(field) for name, field in inner.items()})
    return {"text": pl.String, "int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean, "none": pl.Null}[shape]


def _of_tables(name: str, values: Sequence[Any]) -> pl.Series | None:
    """A column of dates and the like, which only tables have; None where no one type holds them."""
    import polars as pl

    kinds = {type(value) for value in values} - {type(None)}
    if len(kinds) != 1 or not kinds <= {date, datetime, clock, timedelta, Decimal, bytes}:
        return None
    dtype = decimal_of(values) if kinds == {Decimal} else None
    if kinds == {Decimal} and dtype is None:
        return None
    try:
        made = pl.Series(name, values, dtype, strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        return None
    return made if made.to_list() == values else None  # a time with a zone is no time without one
