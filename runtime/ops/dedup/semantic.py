"""Rows that mean nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.context import Context
    from tunec.runtime.values import EmbedderSpec, Frame, Share, TextColumn


@operator(version=1, cost="embed")
def semantic(text: TextColumn, *, cosine: Share = 0.95, using: EmbedderSpec, ctx: Context) -> Frame:
    """Rows whose texts lie close together for a sentence embedder: cosine at least the threshold.

    All pairs are compared, in blocks, none approximately. A blank text is near to nothing.

    Args:
        text: what is compared.
        cosine: a pair on the threshold counts. 0.95 finds rewordings; Platypus went down to 0.7 within one subject.
        using: the embedder.

    Source: Platypus (2308.07317), section 2.2; SemDeDup (2303.09540).

    Example:
        dedup { semantic(prompt, cosine: 0.95, using: minilm) }
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.matches import joined, pairs, stars
    from tunec.runtime.text.vectors import close_pairs, embedded

    found = embedded(ctx, using, text)
    same_left, same_right = stars(pl.Series(found.vector_of, dtype=pl.Int64).replace(-1, None))
    first = found.first()
    a, b, value = close_pairs(found.vectors, cosine, ctx.progress)
    a, b = first[a], first[b]
    return pairs(
        joined([same_left, np.minimum(a, b)]),
        joined([same_right, np.maximum(a, b)]),
        np.concatenate([np.ones(len(same_left)), value]),
        f">= {shown(cosine)}",
    )
