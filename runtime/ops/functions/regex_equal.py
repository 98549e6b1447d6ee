"""Whether what a pattern finds in an answer is what it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.base.values import BoolColumn, Pattern, TextColumn


@operator(version=1, cost="scan", row_wise=True)
def regex_equal(text: TextColumn, answer: TextColumn, *, pattern: Pattern) -> BoolColumn:
    """Whether the last thing that a pattern finds in a text is the answer.

    What is compared is the first group of the pattern, or the whole match if it has none, and of the answer likewise,
    or the whole answer where the pattern is not found in it: full width as plain characters, in lower case, without
    white space around. A text in which the pattern is not found gives false.

    Args:
        text: the text that is judged.
        answer: the reference; a missing one gives a missing value.
        pattern: the regular expression.

    Example:
        verify { keep regex_equal(response, meta.answer, pattern: r"(?:Answer|答案)[:：]\\s*([A-D])") }
    """

    def found(texts: pl.Series) -> pl.Series:
        last = texts.str.extract_all(pattern).list.last()
        return _plain(last.str.extract(pattern, 1).fill_null(last))

    wanted = found(answer).fill_null(_plain(answer))
    equal = (found(text) == wanted).fill_null(False)
    return equal.set(answer.is_null() | text.is_null(), None).alias(text.name)


def _plain(texts: pl.Series) -> pl.Series:
    return texts.str.normalize("NFKC").str.strip_chars().str.to_lowercase()
