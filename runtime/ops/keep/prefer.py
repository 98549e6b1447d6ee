"""Which of several duplicates stays: one of a preferred side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import BoolColumn, FloatColumn


@operator(version=1)
def prefer(condition: BoolColumn) -> FloatColumn:
    """Keeps a duplicate for which a condition is true, or the first of equals.

    This lets one source win over another: with `origin == fresh` the older rows lose, with `origin == earlier` the new
    ones.

    Args:
        condition: the preferred rows; a row for which it is missing is not preferred.

    Example:
        dedup(keep: prefer(origin == fresh)) { near(text) }
    """
    import polars as pl

    return condition.fill_null(False).cast(pl.Float64)
