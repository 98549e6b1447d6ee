"""Number of web addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import IntExpr, TextExpr

# No space follows an address in Chinese: it ends where a Chinese character or mark begins.
_URL = r"(?i)(?:(?:https?|ftp)://|(?:^|[^a-z0-9./])www\.)[^\s<>\"'\x{2018}-\x{201f}\x{3000}-\x{9fff}\x{ff00}-\x{ffef}]+"


@operator(version=2, cost="scan", row_wise=True)
def urls(text: TextExpr) -> IntExpr:
    """The number of URLs in a text: `http://…`, `https://…`, `ftp://…`, and those that start with `www.`.

    A URL ends before Chinese characters and punctuation, even if no space follows it.

    Args:
        text: the text to count in; a missing text gives a missing value.

    Example:
        drop urls(response) > 3
    """
    import polars as pl

    return text.str.count_matches(_URL).cast(pl.Int64)
