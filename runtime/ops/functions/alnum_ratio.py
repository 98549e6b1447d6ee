"""Share of letters and digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import FloatExpr, TextExpr


@operator(version=1, cost="scan", row_wise=True)
def alnum_ratio(text: TextExpr) -> FloatExpr:
    """The share of characters that are letters or digits of any script.

    Args:
        text: the text to measure; an empty text gives a missing value.

    Source: Data-Juicer (2309.02033), `alphanumeric_filter`.

    Example:
        keep alnum_ratio(response) >= 0.6
    """
    import polars as pl

    length = text.str.len_chars()
    # What is neither is counted: it is less, and is found in half of the time.
    return pl.when(length > 0).then((length - text.str.count_matches(r"[^\p{L}\p{M}\p{N}]")) / length)
