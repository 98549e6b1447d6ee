"""Number of sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import IntExpr, TextExpr


@operator(version=2, cost="scan", row_wise=True)
def sentences(text: TextExpr) -> IntExpr:
    """The number of sentences in a text.

    A sentence ends with a full stop, question mark or exclamation mark (including the Chinese ones), or at the end of
    its line. Titles and common abbreviations do not end one, nor does the number of a list item. A line counts if it
    contains a word.

    Args:
        text: the text to count in; a missing text gives a missing value.

    Example:
        keep sentences(response) <= 20
    """
    import polars as pl

    from tunec.runtime.text.sentences import one_a_line

    return one_a_line(text).str.count_matches(r"[^\n]*\w[^\n]*").cast(pl.Int64)
