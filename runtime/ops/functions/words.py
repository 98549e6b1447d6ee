"""Number of words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import IntExpr, TextExpr


@operator(version=1, cost="scan", row_wise=True, packages=("rjieba",))
def words(text: TextExpr) -> IntExpr:
    """The number of words in a text, in any script.

    Words are runs of letters, digits and underscores. Chinese is segmented (jieba, without its statistical guesses for
    unknown words), and Japanese is also split where the script changes; in Thai, Lao, Khmer and Burmese every letter
    with its marks counts as a word.

    Args:
        text: the text to count in; a missing text gives a missing value.

    Example:
        keep words(prompt) in 3..150
    """
    import polars as pl

    from tunec.runtime.text.words import count_words

    return text.map_batches(count_words, return_dtype=pl.Int64, is_elementwise=True)
