"""The type that holds the values of columns of tables as they are, if there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from tunec.runtime.sources.kinds import MOST_DIGITS

if TYPE_CHECKING:
    import polars as pl

_UNITS: Sequence[Literal["ns", "us", "ms"]] = ("ns", "us", "ms")


def common(dtypes: Iterable[pl.DataType]) -> Iterator[Any]:
    """Polars types that may hold the values of all these types, the best first; `cast_exactly` tells whether one does.

    A time without a zone is no time with one; of times with several zones, the instants are what is kept.
    """
    import polars as pl

    some: list[Any] = [dtype for dtype in dict.fromkeys(dtypes) if dtype != pl.Null]
    if len(some) <= 1:
        yield some[0] if some else pl.Null
    elif all(dtype.is_integer() for dtype in some):
        yield pl.Int64
    elif all(dtype.is_float() for dtype in some):
        yield pl.Float64
    elif all(dtype.is_decimal() for dtype in some):
        yield pl.Decimal(MOST_DIGITS, max(dtype.scale for dtype in some))
    elif all(dtype == pl.Duration for dtype in some):
        yield from (pl.Duration(unit) for unit in _units(some))
    elif all(dtype == pl.Datetime for dtype in some):
        zones = {dtype.time_zone for dtype in some}
        if None not in zones or len(zones) == 1:
            zone = next(iter(zones)) if len(zones) == 1 else "UTC"
            yield from (pl.Datetime(unit, zone) for unit in _units(some))
    elif all(isinstance(dtype, pl.List) for dtype in some):
        yield from (pl.List(inner) for inner in common(dtype.inner for dtype in some))
    elif all(isinstance(dtype, pl.Struct) for dtype in some):
        fields: dict[str, list[Any]] = {}
        for dtype in some:
            for field in dtype.fields:
                fields.setdefault(field.name, []).append(field.dtype)
        found: dict[str, Any] = {name: next(common(kinds), None) for name, kinds in fields.items()}
        if None not in found.values():
            yield pl.Struct(found)


def is_certain(dtypes: Iterable[pl.DataType]) -> bool:
    """Whether the first of the types that `common` gives holds all values, whatever they are."""
    import polars as pl

    some: list[Any] = [dtype for dtype in dict.fromkeys(dtypes) if dtype != pl.Null]
    if len(some) <= 1 or all(dtype.is_float() for dtype in some):
        return True
    if all(dtype.is_integer() for dtype in some):
        return pl.UInt64 not in some
    if all(dtype.is_decimal() for dtype in some):
        return bool(max(d.precision - d.scale for d in some) + max(d.scale for d in some) <= MOST_DIGITS)
    if all(dtype == pl.Duration or dtype == pl.Datetime for dtype in some):
        return len({dtype.time_unit for dtype in some}) == 1
    return all(isinstance(dtype, pl.List) for dtype in some) and is_certain(dtype.inner for dtype in some)


def _units(times: Sequence[Any]) -> Sequence[Literal["ns", "us", "ms"]]:
    """Units of times, from the finest on: the years of a coarser one may be beyond those of a finer."""
    return _UNITS[min(_UNITS.index(time.time_unit) for time in times) :]


def cast_exactly(column: pl.Series, dtype: Any) -> pl.Series | None:
    """A column as one of another type, or None where a value would be lost or changed by it."""
    import polars as pl

    if column.dtype == dtype:
        return column
    try:
        made = column.cast(dtype, strict=False)
        same = column.dtype == pl.Null or made.cast(column.dtype, strict=False).equals(column, null_equal=True)
    except pl.exceptions.PolarsError:
        return None
    return made if same else None


def decimal_of(values: Sequence[Decimal | None]) -> Any:
    """The type that decimals have together, or None where they have too many digits for one."""
    import polars as pl

    whole = places = 0
    for value in values:
        if value is not None:
            _, digits, exponent = value.as_tuple()
            if not isinstance(exponent, int):
                return None
            whole, places = max(whole, len(digits) + exponent), max(places, -exponent)
    return pl.Decimal(MOST_DIGITS, places) if whole + places <= MOST_DIGITS else None
