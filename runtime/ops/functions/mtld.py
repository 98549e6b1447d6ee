"""Lexical diversity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tunec.runtime.values import FloatColumn, TextColumn


@operator(version=1, cost="scan", row_wise=True)
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
    import polars as pl

    from tunec.runtime.text.words import words

    values = [None if row is None else _mean(row.to_list(), threshold) for row in words(text)]
    return pl.Series(text.name, values, dtype=pl.Float64)


def _mean(words: Sequence[str], threshold: float) -> float | None:
    forwards, backwards = _factors(words, threshold), _factors(reversed(words), threshold)
    if not forwards or not backwards:
        return None
    return (len(words) / forwards + len(words) / backwards) / 2


def _factors(words: Iterable[str], threshold: float) -> float:
    factors, count = 0.0, 0
    different: set[str] = set()
    for word in words:
        count += 1
        different.add(word)
        if len(different) / count <= threshold:
            factors += 1
            count = 0
            different.clear()
    if count:
        factors += (1 - len(different) / count) / (1 - threshold)
    return factors
