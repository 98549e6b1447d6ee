"""Rows of several sources as one frame. A column of one name and several types loses nothing by it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from tunec.runtime.sources.columns import column_of
from tunec.runtime.sources.kinds import kinds_of
from tunec.runtime.text.nanoseconds import exact
from tunec.runtime.text.readable import json_text

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a source, what it is called, and which of its columns are JSON text already, with what they held."""

    name: str
    rows: pl.DataFrame
    mixed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Joined:
    """All rows. `mixed` are the columns that are JSON text, with the types of their values and where those stand;
    `notes` tell people."""

    rows: pl.DataFrame
    notes: tuple[str, ...]
    mixed: Mapping[str, str]


def joined(parts: Sequence[Part]) -> Joined:
    """The rows of sources, one after another. A column that a source lacks is missing in its rows."""
    import polars as pl

    names = dict.fromkeys(c for part in parts for c in part.rows.columns if c.startswith("meta."))
    notes: list[str] = []
    mixed: dict[str, str] = {}
    columns: dict[str, pl.Series] = {}
    for column in names:
        if any(column in part.mixed for part in parts):
            columns[column] = pl.concat([_as_json(part, column) for part in parts])
            held = ((part.mixed.get(column) or _kinds(part, column), part.name) for part in parts)
            mixed[column] = "; ".join(f"{kinds} in `{name}`" for kinds, name in held if kinds)
        elif len({part.rows.schema[column] for part in parts if column in part.rows.columns}) > 1:
            made = column_of(
                column.removeprefix("meta."), [_of(part, column) for part in parts], False, _locator(parts)
            )
            columns[column] = made.values.alias(column)
            notes += made.notes
            mixed |= {column: made.mixed} if made.mixed else {}
    whole = pl.concat([part.rows.drop(columns, strict=False) for part in parts], how="diagonal_relaxed")
    return Joined(whole.with_columns(**columns), tuple(notes), mixed)


def _of(part: Part, column: str) -> pl.Series:
    import polars as pl

    if column in part.rows.columns:
        return part.rows[column]
    return pl.Series(column, [None] * part.rows.height, pl.Null)


def _as_json(part: Part, column: str) -> pl.Series:
    import polars as pl

    values = _of(part, column)
    if column in part.mixed:
        return values
    return pl.Series(column, [None if v is None else json_text(v) for v in exact(values)], pl.String)


def _kinds(part: Part, column: str) -> str:
    """What the values of a column are."""
    return " or ".join(dict.fromkeys(kind.name for kind in kinds_of(exact(_of(part, column)))))


def _locator(parts: Sequence[Part]) -> Callable[[int], str]:
    """Says of which source a row is."""
    ends = list(accumulate(part.rows.height for part in parts))
    return lambda row: f"`{parts[bisect_right(ends, row)].name}`"
