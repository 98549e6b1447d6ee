"""Texts that are or contain a benchmark item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.context import Context
    from tunec.runtime.values import Frame, ItemTexts, RowTexts


@operator(version=2, cost="scan", packages=("rjieba",))
def exact(texts: RowTexts, items: ItemTexts, ctx: Context) -> Frame:
    """Texts that are a benchmark item or, where the item has at least eight words, contain it word for word.

    Compared are lower-cased words without punctuation (Unicode NFKC). A shorter item is matched only by a text that is
    nothing else, symbols included: `2 + 2 = ?` is not in `22`. Chinese counts words by segmentation.

    Source: GPT-3 (2005.14165), appendix C, for the normalisation; the rule is what every published data set promises.

    Example:
        decontaminate(against: [gsm8k]) { exact() }
    """
    import polars as pl

    from tunec.runtime.text.matches import joined, matches
    from tunec.runtime.text.verbatim import contained, equal

    near = ctx.suspects(texts, items)
    text_a, item_a = equal(texts.gather(near.whole_texts), items.gather(near.whole_items))
    text_b, item_b = contained(texts.gather(near.texts), items.gather(near.items))
    text = joined([near.whole_texts[text_a], near.texts[text_b]])
    item = joined([near.whole_items[item_a], near.items[item_b]])
    found = pl.DataFrame({"text": text, "item": item}).unique().with_columns(value=pl.lit(1.0))
    return matches(found, "equal or contained")
