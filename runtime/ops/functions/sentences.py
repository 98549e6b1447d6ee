"""Number of sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import IntExpr, TextExpr

_SHORTENED = r"\b(Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|No|Fig|e\.g|i\.e|U\.S|[A-Z])\.\s"
_END = r"[.!?…؟।]+[\"'”’»)\]]*(?:\s+|$)|[。！？…｡]+[”’」』）]*"
_NUMBER = r"(?m)^[ \t]*\(?\d{1,3}[.)、][ \t]*"


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

    plain = text.str.replace_all(_NUMBER, "").str.replace_all(_SHORTENED, "$1").str.replace_all(_END, "\n")
    return plain.str.count_matches(r"[^\n]*\w[^\n]*").cast(pl.Int64)
