"""Share of a text that repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import FloatExpr, TextExpr


@operator(version=4, cost="scan", row_wise=True)
def repetition(text: TextExpr, n: Annotated[int, "1.."] = 5) -> FloatExpr:
    """The share of a text in word n-grams that occurred before: 0 if all differ, near 1 in a loop.

    Characters of words are counted, each once, however many repeated n-grams contain it; the first occurrence is not a
    repetition. Words are lower-cased; in scripts without spaces every character is a word. A text of fewer than n words
    repeats nothing: 0. Gopher drops documents above 0.15 for n = 5, decreasing by 0.01 for each n to 0.10 for n = 10.

    Args:
        text: the text to measure; a missing text gives a missing value.
        n: the number of words in an n-gram, at least one.

    Source: Gopher (2112.11446), appendix A.1, "duplicate n-gram character fraction".

    Example:
        drop repetition(response) > 0.15
    """
    import polars as pl

    from tunec.runtime.text.repetition import repeated

    if n < 1:
        raise OperatorError("`n` of `repetition` must be at least 1")
    return text.map_batches(lambda texts: repeated(texts, n), return_dtype=pl.Float64, is_elementwise=True)
