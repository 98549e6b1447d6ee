"""Number of sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import IntExpr, TextExpr


@operator(version=2, cost="scan", row_wise=True)
def sentences(text: TextExpr) -> IntExpr:
    """The number of sentences of a text.

    A sentence ends with a full stop, question or exclamation mark (also the Chinese ones), or with its line. Titles and
    common abbreviations end none, nor does the number of a list's item. A line counts if it has a word.

    Args:
        text: what is counted; missing gives missing.

    Example:
        keep sentences(response) <= 20
    """
    import polars as pl

    from tunec.runtime.text.sentences import one_a_line

    return one_a_line(text).str.count_matches(r"[^\n]*\w[^\n]*").cast(pl.Int64)
