"""Columns of lists and objects, from values of Python and back, by way of Arrow.

Polars looks at such values one by one. Of 10,000 chats of four turns it takes 970 ms to make a column and 137 ms to
give the values back; by way of Arrow the same takes 28 and 38 ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


def typed(name: str, values: Sequence[Any], kind: pl.DataType) -> pl.Series:
    """A column of this type. A value of another type is a TypeError; an object may lack fields, which are missing."""
    import polars as pl

    if not kind.is_nested() or not values:
        return pl.Series(name, values, kind)
    import pyarrow as pa

    array = pa.array(values, pl.Series([], dtype=kind).to_arrow().type)
    return pl.DataFrame(pa.RecordBatch.from_arrays([array], [name])).to_series()


def values_of(column: pl.Series) -> list[Any]:
    """The values of a column of texts, messages and the like, as `to_list` gives them."""
    if not column.dtype.is_nested():
        return column.to_list()
    values: list[Any] = column.to_arrow().to_pylist()
    return values
