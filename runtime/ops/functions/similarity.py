"""How near two texts are in meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec, FloatColumn, TextColumn


@operator(version=1, cost="embed", row_wise=True)
def similarity(a: TextColumn, b: TextColumn, *, using: EmbedderSpec, ctx: Context) -> FloatColumn:
    """The cosine between the embeddings of two texts of a row, from -1 to 1.

    Args:
        a: one text; missing or blank gives a missing value.
        b: the other text; likewise.
        using: the embedder.

    Example:
        drop similarity(prompt, response, using: minilm) > 0.98
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.text.foreign import tell_foreign
    from tunec.runtime.text.vectors import cosines_of, embedded

    tell_foreign("similarity", ctx, using, a, b)
    found = embedded(ctx, using, pl.concat([a, b]))
    left, right = found.vector_of[: len(a)], found.vector_of[len(a) :]
    known = (left >= 0) & (right >= 0)
    values = np.full(len(a), np.nan)
    values[known] = cosines_of(found.vectors, left[known], right[known])
    return pl.Series(a.name, values, nan_to_null=True)
