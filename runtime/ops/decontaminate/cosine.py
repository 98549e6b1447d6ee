"""Texts that mean nearly the same as a benchmark item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.context import Context
    from tunec.runtime.values import EmbedderSpec, Frame, ItemTexts, RowTexts, Share


@operator(version=1, cost="embed")
def cosine(texts: RowTexts, items: ItemTexts, threshold: Share = 0.8, *, using: EmbedderSpec, ctx: Context) -> Frame:
    """Matches texts whose embedding is close to that of a benchmark item: cosine at or above the threshold.

    Every text is compared with every item, so all texts near an item are found, not only the nearest one.

    Args:
        threshold: the lowest cosine that counts as a match.
        using: the embedder.

    Source: Platypus (2308.07317), section 2.3, whose code removes only the nearest row of each question.

    Example:
        decontaminate(against: [mmlu]) { cosine(0.80, using: minilm) }
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.matches import matches
    from tunec.runtime.text.vectors import close, embedded

    ours, theirs = embedded(ctx, using, texts), embedded(ctx, using, items)
    left, right, value = close(ours.vectors, theirs.vectors, threshold, ctx.progress)
    near = pl.DataFrame({"left": left, "right": right, "value": value})
    text = pl.DataFrame({"left": ours.vector_of, "text": np.arange(len(texts))})
    item = pl.DataFrame({"right": theirs.vector_of, "item": np.arange(len(items))})
    found = near.join(text, on="left").join(item, on="right")
    return matches(found, f">= {shown(threshold)}")
