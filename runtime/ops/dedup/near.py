"""Rows with nearly the same words and symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import at_least_one, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Frame, Share, TextParts


@operator(packages=("rjieba",), version=7, cost="index")
def near(
    text: TextParts, *, jaccard: Annotated[Share, "0<..1"] = 0.8, ngram: Annotated[int, "1.."] = 5, ctx: Context
) -> Frame:
    """Matches rows that share most of their word n-grams: Jaccard similarity at or above the threshold.

    Words are lower-cased; in scripts without spaces every character is a word. Symbols count as words, and so do the
    marks inside numbers, operations, amounts and names (`7 - 3`, `1.5`, `C#`); white space and sentence punctuation are
    ignored. A text shorter than the n-gram is a single shingle; a text with neither words nor symbols is near to
    nothing. Exactly the pairs that reach the threshold are found:
    candidates share at least one of the rare shingles that near texts must have in common, and are then compared
    exactly, in integers.

    A template connects nothing: where eight or more different texts are connected, what nearly all of them (95%) begin
    or end with is left out of the comparison. A note counts the rows that this keeps.

    Args:
        text: the text to compare.
        jaccard: the shared n-grams divided by all n-grams of the two; the lowest value that counts as a match.
        ngram: the number of words in a shingle.

    Source: Broder, On the resemblance and containment of documents (1997), for shingles; Lee et al. (2107.06499),
    section 4.2, who estimate with MinHash; Bayardo et al., Scaling up all pairs similarity search (2007), for how they
    are found.

    Example:
        dedup { near(text, jaccard: 0.8) }
    """
    from tunec.runtime.text.boilerplate import near_without_boilerplate
    from tunec.runtime.text.fractions import share, shown
    from tunec.runtime.text.matches import pairs

    at_least_one("near", ngram=ngram)
    left, right, value, apart = near_without_boilerplate(text, share(jaccard), ngram)
    if apart:
        ctx.note(f"{apart:,} rows share only a fixed beginning or end with others; `near` keeps them apart")
    return pairs(left, right, value, f">= {shown(jaccard)}")
