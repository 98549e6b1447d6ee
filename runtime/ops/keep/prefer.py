"""Which of several duplicates stays: one of a preferred side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import BoolColumn, FloatColumn


@operator(version=1)
def prefer(condition: BoolColumn) -> FloatColumn:
    """Of duplicates one for which a condition is true stays, the first of equals.

    So one source wins against another: with `origin == fresh` the older rows lose, with `origin == earlier` the new
    ones.

    Args:
        condition: what is preferred; a row where it is missing is not.

    Example:
        dedup(keep: prefer(origin == fresh)) { near(text) }
    """
    import polars as pl

    return condition.fill_null(False).cast(pl.Float64)
