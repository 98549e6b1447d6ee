"""The columns of Arrow tables: as Polars and other readers know them, and as the language names their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tunec.compiler.types import BOOL, FLOAT, INT, NONE, TEXT, Type

if TYPE_CHECKING:
    import polars as pl


def type_of(kind: Any) -> Type:
    """The type that the language has for an Arrow type."""
    import pyarrow as pa

    is_ = pa.types
    known: tuple[tuple[Any, Type], ...] = (
        (is_.is_null, NONE), (is_.is_boolean, BOOL), (is_.is_integer, INT), (is_.is_floating, FLOAT),
        (is_.is_decimal, FLOAT), (is_.is_string, TEXT), (is_.is_large_string, TEXT), (is_.is_string_view, TEXT),
        (is_.is_date, Type("date")), (is_.is_timestamp, Type("timestamp")), (is_.is_time, Type("time")),
        (is_.is_duration, Type("timespan")), (is_.is_struct, Type("object")),
        (is_.is_map, Type("list", Type("object"))),
    )  # fmt: skip
    if is_.is_dictionary(kind) or is_.is_run_end_encoded(kind):
        return type_of(kind.value_type)
    if is_.is_list(kind) or is_.is_large_list(kind) or is_.is_fixed_size_list(kind) or _is_view(kind):
        return Type("list", type_of(kind.value_type))
    return next((named for fits, named in known if fits(kind)), Type("bytes"))


def series_of(array: Any, name: str) -> pl.Series | list[Any]:
    """A column of an Arrow table. Types that no file of rows holds are values as Python has them."""
    import polars as pl
    import pyarrow as pa

    try:
        wanted = readable(array.type)
        if wanted != array.type:
            array = array.cast(wanted)
        column = pl.from_arrow(array)
    except (pa.ArrowException, NotImplementedError, ValueError, TypeError, pl.exceptions.PolarsError):
        return list(array.to_pylist())
    assert isinstance(column, pl.Series)
    return _sayable(column).alias(name)


def _sayable(column: pl.Series) -> pl.Series:
    """A column whose times Python can say too: those beyond its calendar are texts, and with them the whole column."""
    dtype = _without_times(column.dtype)
    if dtype == column.dtype:
        return column
    try:
        if column.dtype.is_nested():
            column.to_list()
        else:
            column.min(), column.max()
    except (ValueError, OverflowError):
        return _said(column, dtype)
    return column


def _said(column: pl.Series, dtype: Any) -> pl.Series:
    import polars as pl

    if isinstance(column.dtype, pl.Duration):  # of which Polars makes no text
        return column.to_physical().cast(pl.String) + column.dtype.time_unit
    return column.cast(dtype)


def _without_times(dtype: Any) -> Any:
    """A type with text in place of dates and times."""
    import polars as pl

    if isinstance(dtype, pl.List):
        return pl.List(_without_times(dtype.inner))
    if isinstance(dtype, pl.Struct):
        return pl.Struct({field.name: _without_times(field.dtype) for field in dtype.fields})
    return pl.String() if dtype.is_temporal() else dtype


def readable(kind: Any) -> Any:
    """The Arrow type of equal values that every reader knows. Raises NotImplementedError where there is none."""
    import zoneinfo

    import pyarrow as pa

    is_ = pa.types
    if is_.is_dictionary(kind) or is_.is_run_end_encoded(kind):
        return readable(kind.value_type)
    if is_.is_map(kind):
        entry = [pa.field("key", readable(kind.key_type)), pa.field("value", readable(kind.item_type))]
        return pa.list_(pa.struct(entry))
    if is_.is_list(kind) or is_.is_large_list(kind) or is_.is_fixed_size_list(kind) or _is_view(kind):
        return pa.large_list(readable(kind.value_type))
    if is_.is_struct(kind):
        if not kind.num_fields:
            raise NotImplementedError(str(kind))
        return pa.struct([field.with_type(readable(field.type)) for field in kind])
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
