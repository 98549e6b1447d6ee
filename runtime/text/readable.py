"""Values of any type as text: for people, for JSON, and where only their equality matters."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.digits import Digits
from tunec.runtime.text.nanoseconds import exact

if TYPE_CHECKING:
    import polars as pl


def plain(value: Any) -> Any:
    """What stands in JSON for a value that JSON has no form for: ISO 8601 for times, digits, base64 for bytes."""
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode("ascii")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.to_list() if hasattr(value, "to_list") else str(value)


_JSON = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=lambda value: _plain(value)
).encode


def _plain(value: Any) -> Any:
    if isinstance(value, Digits):
        raise ValueError("a number that only its digits say")
    return plain(value)


def json_text(value: Any) -> str:
    """A value as canonical JSON: sorted keys, no blanks, text as it is. What JSON has no form for is a text in it."""
    try:
        return _JSON(value)
    except ValueError:  # NaN, infinity and digits
        return _written(value)


def _written(value: Any) -> str:
    if isinstance(value, Digits):
        return value.text
    if isinstance(value, float) and not math.isfinite(value):
        return "null" if math.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'
    if isinstance(value, dict):
        return "{" + ",".join(f"{_JSON(key)}:{_written(value[key])}" for key in sorted(value)) + "}"
    return "[" + ",".join(map(_written, value)) + "]" if isinstance(value, list | tuple) else _JSON(value)


def as_text(column: pl.Series) -> pl.Series:
    """A column of any type as texts: equal values are equal texts, and a missing one stays missing."""
    import polars as pl

    if column.dtype == pl.String:
        return column
    if column.dtype.is_numeric() or column.dtype in (pl.Boolean, pl.Date, pl.Null):
        return column.cast(pl.String)
    said = []
    for value in exact(column):
        given = None if value is None else plain(value) if not isinstance(value, list | dict) else json_text(value)
        said.append(given)
    return pl.Series(column.name, said, pl.String)
