"""The columns of Arrow tables: as Polars and other readers know them, and as the language names their types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from tunec.compiler.types import ANY, BOOL, FLOAT, INT, NONE, TEXT, Type
from tunec.runtime.sources.common import common, is_certain

if TYPE_CHECKING:
    import polars as pl

#: The first and the last day of Python's calendar, from 1970 on, and the longest time span in days.
_FIRST, _LAST, _LONGEST = -719_161, 2_932_895, 999_999_998


def type_of(kind: Any) -> Type:
    """The type that the language has for an Arrow type."""
    import pyarrow as pa

    is_ = pa.types
    known: tuple[tuple[Any, Type], ...] = (
        (is_.is_null, NONE), (is_.is_boolean, BOOL), (is_.is_integer, INT), (is_.is_floating, FLOAT),
        (is_.is_decimal256, ANY), (is_.is_decimal, FLOAT), (is_.is_string, TEXT), (is_.is_large_string, TEXT),
        (is_.is_string_view, TEXT),
        (is_.is_date, Type("date")), (is_.is_timestamp, Type("timestamp")), (is_.is_time, Type("time")),
        (is_.is_duration, Type("timespan")), (is_.is_struct, Type("object")),
        (is_.is_map, Type("list", Type("object"))),
    )  # fmt: skip
    if is_.is_dictionary(kind) or is_.is_run_end_encoded(kind):
        return type_of(kind.value_type)
    if is_.is_list(kind) or is_.is_large_list(kind) or is_.is_fixed_size_list(kind) or _is_view(kind):
        return Type("list", type_of(kind.value_type))
    return next((named for fits, named in known if fits(kind)), Type("bytes"))


def type_of_all(kinds: Sequence[Any]) -> Type:
    """The type of a column that has these Arrow types, each in some file: `mixed` where no one type holds its values,
    and `any` where that depends on the values."""
    import pyarrow as pa

    some = [kind for kind in dict.fromkeys(kinds) if not pa.types.is_null(kind)]
    if len(some) <= 1:
        return type_of(some[0]) if some else NONE
    columns = [series_of(pa.array([], kind), "") for kind in some]
    dtypes = [column.dtype for column in columns if not isinstance(column, list)]
    if len(dtypes) < len(columns):
        return ANY
    dtype = next(common(dtypes), None)
    if dtype is not None:
        return type_of(_arrow_of(dtype)) if is_certain(dtypes) else ANY
    if all(kind.is_integer() or kind.is_float() for kind in dtypes):
        return FLOAT
    if all(kind.is_nested() for kind in dtypes):
        return ANY
    return Type("mixed", words=tuple(dict.fromkeys(_told(kind) for kind in some)))


def _arrow_of(dtype: Any) -> Any:
    import polars as pl

    return pl.Series([], dtype=dtype).to_arrow().type


def _told(kind: Any) -> str:
    """What people call the values of an Arrow type."""
    import pyarrow as pa

    if pa.types.is_decimal(kind):
        return "decimal"
    zone = pa.types.is_timestamp(kind) and kind.tz is not None
    return f"{type_of(kind)} with a zone" if zone else str(type_of(kind))


def series_of(array: Any, name: str) -> pl.Series | list[Any]:
    """A column of an Arrow table. Types that no file of rows holds are values as Python has them."""
    import polars as pl
    import pyarrow as pa

    try:
        wanted = readable(array.type)
        if wanted != array.type:
            array = array.cast(wanted)
        # As a table: `from_arrow` of a single array would load Arrow's functions, which takes longer than the reading.
        column = pl.DataFrame(pa.RecordBatch.from_arrays([array], [name])).to_series()
    except (pa.ArrowException, NotImplementedError, ValueError, TypeError, pl.exceptions.PolarsError):
        return listed(array)
    return _within_calendar(column)


def listed(array: Any) -> list[Any]:
    """The values of an Arrow array as Python has them; times that it has no values for as the numbers in the file."""
    import pyarrow as pa

    try:
        return list(array.to_pylist())
    except (pa.ArrowException, ValueError, TypeError, OverflowError, NotImplementedError):
        # A time beyond what Python can say, in a zone that nobody knows, within a nanosecond.
        return list(array.cast(_without_times(array.type)).to_pylist())


class DoubledKey(Exception):
    """A map has a key twice; the argument is the key."""


def shaper(kind: Any) -> Callable[[Any], Any] | None:
    """What makes a value of an Arrow type, as Python has it, one as JSON has it; None where nothing is to be done.

    Structs lose the keys that they have only because others have them: those that are null. Maps whose keys are texts
    become objects, others lists of objects with `key` and `value`. The function raises DoubledKey.
    """
    import pyarrow as pa

    is_ = pa.types
    if is_.is_dictionary(kind) or is_.is_run_end_encoded(kind):
        return shaper(kind.value_type)
    if is_.is_map(kind):
        as_text = (
            is_.is_string(kind.key_type) or is_.is_large_string(kind.key_type) or is_.is_string_view(kind.key_type)
        )
        return partial(_object_of if as_text else _entries_of, shaper(kind.item_type))
    if is_.is_list(kind) or is_.is_large_list(kind) or is_.is_fixed_size_list(kind) or _is_view(kind):
        inner = shaper(kind.value_type)
        return None if inner is None else partial(_each_of, inner)
    return partial(_fields_of, {field.name: shaper(field.type) for field in kind}) if is_.is_struct(kind) else None


def _shaped(shape: Callable[[Any], Any] | None, value: Any) -> Any:
    return value if shape is None or value is None else shape(value)


def _each_of(shape: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    return [None if value is None else shape(value) for value in values]


def _fields_of(shapes: Mapping[str, Callable[[Any], Any] | None], value: dict[str, Any]) -> dict[str, Any]:
    return {name: _shaped(shapes.get(name), item) for name, item in value.items() if item is not None}


def _object_of(shape: Callable[[Any], Any] | None, entries: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in _entries_of(shape, entries):
        if entry["key"] in found:
            raise DoubledKey(entry["key"])
        found[entry["key"]] = entry["value"]
    return found


def _entries_of(shape: Callable[[Any], Any] | None, entries: list[Any]) -> list[dict[str, Any]]:
    # `listed` gives pairs, or objects where it had to change times within.
    pairs = [(entry["key"], entry["value"]) if isinstance(entry, dict) else entry for entry in entries]
    return [{"key": key, "value": _shaped(shape, value)} for key, value in pairs]


def _without_times(kind: Any) -> Any:
    """An Arrow type with numbers in place of times."""
    import pyarrow as pa

    is_ = pa.types
    if is_.is_dictionary(kind) or is_.is_run_end_encoded(kind):
        return _without_times(kind.value_type)
    if is_.is_map(kind):
        entry = [pa.field("key", _without_times(kind.key_type)), pa.field("value", _without_times(kind.item_type))]
        return pa.list_(pa.struct(entry))
    if is_.is_list(kind) or is_.is_large_list(kind) or is_.is_fixed_size_list(kind) or _is_view(kind):
        return pa.large_list(_without_times(kind.value_type))
    if is_.is_struct(kind):
        return pa.struct([field.with_type(_without_times(field.type)) for field in kind])
    if is_.is_date32(kind) or is_.is_time32(kind):
        return pa.int32()
    return pa.int64() if is_.is_temporal(kind) and not is_.is_interval(kind) else kind


def _within_calendar(column: pl.Series) -> pl.Series:
    """A column whose times are in the years 1 to 9999. One that has others is texts, or within lists and objects the
    numbers that stand in the file: neither Python nor those who read what is published can say such a time."""
    import polars as pl

    if all(_has_limits(leaf) for leaf in _leaves(column)):
        return column
    if column.dtype.is_nested():
        return column.to_physical()
    unit = getattr(column.dtype, "time_unit", "d" if column.dtype == pl.Date else "ns")
    return column.to_physical().cast(pl.String) + unit


def _leaves(column: pl.Series) -> Iterator[pl.Series]:
    """The columns of dates and times within a column."""
    import polars as pl

    if isinstance(column.dtype, pl.List):
        yield from _leaves(column.explode())
    elif isinstance(column.dtype, pl.Struct):
        for name in column.struct.fields:
            yield from _leaves(column.struct.field(name))
    elif column.dtype.is_temporal():
        yield column


def _has_limits(column: pl.Series) -> bool:
    """Whether all times of a column are within what Python can say, a day less at both ends for time zones."""
    import polars as pl

    second = {"ms": 10**3, "us": 10**6, "ns": 10**9}.get(getattr(column.dtype, "time_unit", ""), 0)
    if column.dtype == pl.Time:
        low, high = 0, 86_400 * 10**9 - 1
    elif column.dtype == pl.Date:
        low, high = _FIRST, _LAST
    elif isinstance(column.dtype, pl.Duration):
        low, high = -_LONGEST * 86_400 * second, _LONGEST * 86_400 * second
    else:
        low, high = _FIRST * 86_400 * second, _LAST * 86_400 * second
    numbers = column.to_physical()
    least, most = numbers.min(), numbers.max()
    return least is None or most is None or (low <= int(str(least)) and int(str(most)) <= high)


def beyond_calendar(kind: Any, column: pl.Series | list[Any]) -> bool:
    """Whether an Arrow array of times became a column without any, because some of them were beyond the calendar."""
    return _has_times(kind) and (isinstance(column, list) or next(_leaves(column), None) is None)


def _has_times(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _has_times(kind.value_type)
    if pa.types.is_interval(kind):
        return False
    return bool(pa.types.is_temporal(kind)) or any(_has_times(kind.field(n).type) for n in range(kind.num_fields))


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
        return pa.timestamp(
            "ms" if kind.unit == "s" else kind.unit, kind.tz if kind.tz in zoneinfo.available_timezones() else "UTC"
        )
    if kind in (pa.duration("s"), pa.timestamp("s")):  # checked, where Polars would let it overflow
        return pa.duration("ms") if is_.is_duration(kind) else pa.timestamp("ms")
    if is_.is_float16(kind):
        return pa.float32()
    return kind


def _is_view(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind))
