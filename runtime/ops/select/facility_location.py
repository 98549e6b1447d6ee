"""Rows that stand for all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunec.runtime.context import Context
    from tunec.runtime.values import Count, EmbedderSpec, TextColumn


@operator(version=1, cost="embed")
def facility_location(text: TextColumn, *, using: EmbedderSpec, count: Count, ctx: Context) -> NDArray[np.int64]:
    """Rows chosen one after another, each the one that brings all rows nearest to a chosen one.

    What is maximised is the sum over all rows of the cosine with the nearest chosen row, or 0 where that is negative:
    dense regions get rows in proportion, and outliers come late. The choice is worth at least 63 % (1 - 1/e) of the
    best one of its size. Of rows that add equally much the first is taken; rows that add nothing, such as copies of a
    chosen one, follow in their order, and rows without text come last. Time grows with the square of the rows, memory
    with the rows; `clusters` is the quick way for more than some ten thousand.

    Args:
        text: what is compared.
        using: the embedder.

    Source: Nemhauser, Wolsey and Fisher (1978); Minoux (1978), lazy evaluation; Superfiltering (2402.00530) chooses
    its final tenth so.

    Example:
        select(5k, by: facility_location(prompt, using: minilm))
    """
    import numpy as np

    from tunec.runtime.text.chosen import completed
    from tunec.runtime.text.facilities import covering
    from tunec.runtime.text.vectors import embedded

    found = embedded(ctx, using, text)
    copies = np.bincount(found.vector_of[found.vector_of >= 0], minlength=len(found.vectors)).astype(np.float64)
    chosen = covering(found.vectors, copies, count, ctx.progress)
    return completed(found.first()[chosen], found.vector_of, count)
