"""The values of a column as Python has them, where Python has them: its times end at the microsecond."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from tunec.dsl.record import record

if TYPE_CHECKING:
    import polars as pl


@record
class Finer:
    """A time with nanoseconds: `text` as Python writes times, with three digits more, and which `kind` of time."""

    text: str
    kind: str

    def __str__(self) -> str:
        return self.text


def exact(column: pl.Series) -> list[Any]:
    """The values of a column as `to_list` gives them; but a time that has nanoseconds is `Finer`, at any depth."""
    values = column.to_list()
    if not _has_nanoseconds(column.dtype):
        return values
    numbers = column.to_physical().to_list()
    return [_exact(value, number, column.dtype) for value, number in zip(values, numbers, strict=True)]


def exact_rows(frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows of a frame, with values as `exact` gives them."""
    columns = [exact(column) for column in frame.get_columns()]
    for values in zip(*columns, strict=True):
        yield dict(zip(frame.columns, values, strict=True))


def _has_nanoseconds(kind: Any) -> bool:
    import polars as pl

    if isinstance(kind, pl.List | pl.Array):
        return _has_nanoseconds(kind.inner)
    if isinstance(kind, pl.Struct):
        return any(_has_nanoseconds(field.dtype) for field in kind.fields)
    return kind == pl.Time or getattr(kind, "time_unit", None) == "ns"


def _exact(value: Any, number: Any, kind: Any) -> Any:
    """A value, of which `number` is what stands in the column."""
    import polars as pl

    if value is None or not _has_nanoseconds(kind):
        return value
    if isinstance(kind, pl.List | pl.Array):
        return [_exact(item, of, kind.inner) for item, of in zip(value, number, strict=True)]
    if isinstance(kind, pl.Struct):
        return {field.name: _exact(value[field.name], number[field.name], field.dtype) for field in kind.fields}
    micro, rest = divmod(number, 1000)
    return _said(value, timedelta(microseconds=micro), rest) if rest else value


def _said(value: Any, since: timedelta, rest: int) -> Finer:
    """A time, time span or time of day, with its nanoseconds. `since` is the time since 1970 or midnight."""
    if isinstance(value, timedelta):
        text = str(since) if since.microseconds else f"{since}.000000"
        return Finer(f"{text}{rest:03}", "timespan")
    if isinstance(value, time):
        at = (datetime.min + since).time()
        return Finer(f"{at.isoformat('microseconds')}{rest:03}", "time")
    began = datetime(1970, 1, 1, tzinfo=None if value.tzinfo is None else UTC)
    moment = began + since if value.tzinfo is None else (began + since).astimezone(value.tzinfo)
    text = moment.isoformat(timespec="microseconds")
    end = len("2026-03-01T12:00:00.123456")
    return Finer(f"{text[:end]}{rest:03}{text[end:]}", "timestamp" if value.tzinfo is None else "timestamp with a zone")
