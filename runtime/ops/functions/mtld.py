"""Lexical diversity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import FloatColumn, TextColumn


@operator(version=1, cost="scan", row_wise=True, packages=("rjieba",))
def mtld(text: TextColumn, *, threshold: float = 0.72) -> FloatColumn:
    """The measure of textual lexical diversity: how many words on average keep the share of different words high.

    Words are read until the share of different ones falls to the threshold, which makes one factor; then the count
    starts anew; what is left over makes a part of a factor. The value is words divided by factors, the mean of reading
    forwards and backwards. A text that repeats no word has none: missing. Under about a hundred words it says little.

    Args:
        text: what is measured; missing gives missing.
        threshold: the share of different words at which a factor ends.

    Source: McCarthy and Jarvis (2010); used by InstructMining (2307.06290), table 1.

    Example:
        keep mtld(response) >= 30
    """
    from tunec.runtime.text.diversity import lexical
    from tunec.runtime.text.words import words

    return lexical(words(text), threshold).alias(text.name)
