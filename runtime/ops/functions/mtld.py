"""Lexical diversity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import FloatColumn, TextColumn


@operator(version=1, cost="scan", row_wise=True, packages=("rjieba",))
def mtld(text: TextColumn, *, threshold: Annotated[float, "0<..<1"] = 0.72) -> FloatColumn:
    """The measure of textual lexical diversity (MTLD): higher means a more varied vocabulary.

    Words are read until the share of different ones falls to the threshold, which makes one factor; then the count
    restarts; the remainder makes part of a factor. The value is words divided by factors, averaged over reading
    forwards and backwards. A text that repeats no word has no value: missing. Below about a hundred words it says
    little.

    Args:
        text: the text to measure; a missing text gives a missing value.
        threshold: the share of different words at which a factor ends.

    Source: McCarthy and Jarvis (2010); used by InstructMining (2307.06290), table 1.

    Example:
        keep mtld(response) >= 30
    """
    from tunec.runtime.text.diversity import lexical
    from tunec.runtime.text.words import words

    return lexical(words(text), threshold).alias(text.name)
