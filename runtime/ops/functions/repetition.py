"""Share of repeated word n-grams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import FloatExpr, TextExpr


@operator(version=1, cost="scan", row_wise=True)
def repetition(text: TextExpr, n: int = 5) -> FloatExpr:
    """The share of a text's word n-grams that repeat an earlier one: 0 where all differ, near 1 in a loop.

    Words are lower-cased; in scripts without spaces every character is one. A text of fewer than n words repeats
    nothing: 0.

    Args:
        text: what is measured; missing gives missing.
        n: words in an n-gram.

    Source: after the repetition filters of Gopher (2112.11446), appendix A.1, which weigh n-grams by characters.

    Example:
        drop repetition(response) > 0.3
    """
    import polars as pl

    from tunec.runtime.text.ngrams import repeated

    return text.map_batches(lambda texts: repeated(texts, n), return_dtype=pl.Float64, is_elementwise=True)
