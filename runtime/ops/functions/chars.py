"""Number of characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import IntExpr, TextExpr


@operator(version=1, cost="cheap", row_wise=True)
def chars(text: TextExpr) -> IntExpr:
    """The number of characters (code points) of a text.

    Args:
        text: the text to count in; a missing text gives a missing value.

    Example:
        keep chars(response) <= 4000
    """
    import polars as pl

    return text.str.len_chars().cast(pl.Int64)
