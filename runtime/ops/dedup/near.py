"""Rows with nearly the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import at_least_one, operator

if TYPE_CHECKING:
    from tunec.runtime.values import Frame, Share, TextColumn


@operator(version=2, cost="index")
def near(text: TextColumn, *, jaccard: Share = 0.8, ngram: int = 5) -> Frame:
    """Rows that share most of their word n-grams: Jaccard similarity at least the threshold.

    Words are lower-cased; in scripts without spaces every character is one. A text shorter than the n-gram is one
    shingle; a text without words is near to nothing. All pairs are found and no other: texts that share one of the few
    shingles of which near texts must share one are compared exactly, in integers.

    Args:
        text: what is compared.
        jaccard: shared n-grams divided by all n-grams of the two; a pair on the threshold counts.
        ngram: words in a shingle.

    Source: Broder, On the resemblance and containment of documents (1997), for shingles; Lee et al. (2107.06499),
    section 4.2, who estimate with MinHash; Bayardo et al., Scaling up all pairs similarity search (2007), for how they
    are found.

    Example:
        dedup { near(text, jaccard: 0.8) }
    """
    from tunec.runtime.text.fractions import share, shown
    from tunec.runtime.text.jaccard import similar
    from tunec.runtime.text.matches import pairs

    at_least_one("near", ngram=ngram)
    left, right, value = similar(text, share(jaccard), ngram)
    return pairs(left, right, value, f">= {shown(jaccard)}")
