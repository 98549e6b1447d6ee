"""Computed fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import AnyColumn, Frame, Outcome


@operator(version=2, cost="cheap", row_wise=True, changes_text=True, block="fields")
def set(rows: Frame, *, fields: dict[str, AnyColumn]) -> Outcome:
    """Sets fields of the row: content fields that are no messages, or `meta.NAME`.

    All expressions see the row as it was before.

    Example:
        set(response: strip(response), meta.length: words(response))
    """
    import polars as pl

    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.base.values import Outcome, no_drops

    found = [column.alias(name) for name, column in fields.items()]
    for n, column in enumerate(found):
        wanted = None if column.name.startswith("meta.") else rows.schema.get(column.name)
        if wanted is None or column.dtype == wanted:
            continue
        if column.dtype not in (pl.Null, pl.List(pl.Null)):
            raise OperatorError(f"set: `{column.name}` holds {wanted}, and the new values are {column.dtype}")
        found[n] = column.cast(wanted)
    return Outcome(rows.with_columns(found), no_drops())
