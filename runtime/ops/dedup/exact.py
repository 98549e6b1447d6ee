"""Rows with the same text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Frame, TextParts


@operator(version=3, cost="scan")
def exact(text: TextParts, *, normalize: bool = True) -> Frame:
    """Matches rows whose text is the same, ignoring letter case and white space.

    Texts are normalized to lower case and one spelling of each character (full width becomes plain, a ligature its
    letters), with every run of white space replaced by one space and none at the ends. Everything else is compared:
    punctuation, symbols, and superscripts, fractions and circled numbers, which are not digits (`2⁵` is not `25`). A
    missing text equals nothing; an empty one equals every other empty one.

    Args:
        text: the text to compare.
        normalize: compare normalized texts; `false` compares them byte for byte.

    Source: Platypus (2308.07317), section 2.2: exact duplicates go first.

    Example:
        dedup { exact(prompt) }
    """
    import numpy as np

    from tunec.runtime.rows.texts import same, texts_of
    from tunec.runtime.text.matches import pairs, stars
    from tunec.runtime.text.normal import collapsed

    left, right = stars(texts_of(text).keys(collapsed if normalize else same))
    return pairs(left, right, np.ones(len(left)), "equal after normalisation" if normalize else "equal")
