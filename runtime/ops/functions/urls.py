"""Number of web addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import IntExpr, TextExpr

_URL = r"(?i)(?:(?:https?|ftp)://|(?:^|[^a-z0-9./])www\.)[^\s<>\"'，。）】]+"


@operator(version=1, cost="scan", row_wise=True)
def urls(text: TextExpr) -> IntExpr:
    """The number of web addresses in a text: `http://…`, `https://…`, `ftp://…`, and those that start with `www.`.

    Args:
        text: what is counted; missing gives missing.

    Example:
        drop urls(response) > 3
    """
    import polars as pl

    return text.str.count_matches(_URL).cast(pl.Int64)
