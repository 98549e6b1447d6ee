"""Rows that mean nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.context import Context
    from tunec.runtime.values import EmbedderSpec, Frame, Share, TextColumn


#: Texts with distinct vectors above which `auto` no longer compares all pairs.
EXACT = 200_000


@operator(version=2, cost="embed")
def semantic(
    text: TextColumn,
    *,
    cosine: Share = 0.95,
    using: EmbedderSpec,
    search: Literal["auto", "exact", "approximate"] = "auto",
    ctx: Context,
) -> Frame:
    """Matches rows whose text embeddings are close: cosine at or above the threshold.

    A pair that is found has exactly the cosine that is stated, the same on every machine. A blank text is near to
    nothing.

    An embedder measures what a text is about, not what it says of it. A sentence and its negation ("cats can fly",
    "cats cannot fly"), two numbers, or a question turned round ("miles to kilometres", "kilometres to miles") can reach
    any threshold, and 0.95 as well. Use the rule on prompts whose answers may stand for one another, and look at the
    drops.

    An `exact` search compares all pairs, in blocks; its time grows with the square of the rows. An `approximate` search
    sorts the vectors into cells of about 256 by k-means, and compares each vector within the eight cells nearest to it.
    It may miss pairs: of those with a cosine of at least 0.8 among 52,000 and 260,000 vectors (mixtures of real ones)
    it found 99.98% and 99.99%, and all of those from 0.95; among 30,000 random directions, which have no clusters,
    98.4% and all. The ledger then names the search next to the threshold, and a note counts the rows.

    Args:
        text: the text to compare.
        cosine: the lowest cosine that counts as a match. 0.95 finds rewordings; Platypus went down to 0.7 within one
            subject.
        using: the embedder.
        search: `exact`, `approximate`, or `auto`: exact up to 200,000 different texts.

    Source: Platypus (2308.07317), section 2.2; SemDeDup (2303.09540).

    Example:
        dedup { semantic(prompt, cosine: 0.95, using: minilm) }
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.text.cells import nearly_all_close_pairs
    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.matches import joined, pairs, stars
    from tunec.runtime.text.vectors import close_pairs, embedded

    found = embedded(ctx, using, text)
    same_left, same_right = stars(pl.Series(found.vector_of, dtype=pl.Int64).replace(-1, None))
    first = found.first()
    approximate = search == "approximate" or (search == "auto" and len(found.vectors) > EXACT)
    find = nearly_all_close_pairs if approximate else close_pairs
    a, b, value = find(found.vectors, cosine, ctx.progress)
    if approximate:
        ctx.missing("compared with those in the nearest cells alone (semantic, search: approximate)", len(text))
    # The numbers of vectors ascend with the first text of each: left stays left.
    return pairs(
        joined([same_left, first[a]]),
        joined([same_right, first[b]]),
        np.concatenate([np.ones(len(same_left)), value]),
        f">= {shown(cosine)}" + (", approximate search" if approximate else ""),
    )
