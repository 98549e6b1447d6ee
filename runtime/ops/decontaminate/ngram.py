"""Texts that share word n-grams with a benchmark item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import at_least_one, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Frame, ItemTexts, RowTexts

#: An n-gram in more training texts than this is boilerplate (GPT-3, appendix C).
BOILERPLATE = 10


@operator(packages=("rjieba",), version=6, cost="index", screened={"n": 8})
def ngram(texts: RowTexts, items: ItemTexts, n: Annotated[int, "1.."] = 13, *, ctx: Context) -> Frame:
    """Matches texts that share a run of n words with a benchmark item.

    Words are lower-cased and separated by every mark; in scripts without spaces every character is a word. The measured
    value is the share of the item's distinct n-grams that the text has. An n-gram that occurs in more than ten
    different texts is boilerplate and is not enough by itself: the text must have more than half of the item's n-grams,
    or a rarer one. An item of fewer than n words is never found by this rule; `exact` and `cosine` find those.

    Args:
        n: the number of consecutive words.

    Source: GPT-3 (2005.14165), appendix C; lm-evaluation-harness, `Janitor` (n = 13).

    Example:
        decontaminate(against: [gsm8k, mmlu]) { ngram(13) }
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.text.contained import Items
    from tunec.runtime.text.matches import matches, ratio
    from tunec.runtime.text.screening import RUN

    at_least_one("ngram", n=n)
    every_text, every_item = np.arange(len(texts)), np.arange(len(items))
    if n >= RUN:
        near = ctx.suspects(texts, items)
        every_text, every_item = near.texts, near.items
        texts, items = texts.gather(every_text), items.gather(every_item)
    index = Items.of(items, n)
    parts = [pl.DataFrame({"text": f.text, "gram": f.gram}).unique() for f in index.search(texts)]
    empty = pl.DataFrame(schema={"text": pl.Int64, "gram": pl.Int64})
    found = pl.concat([empty, *parts]).with_columns(rare=pl.len().over("gram") <= BOILERPLATE)
    grams = pl.DataFrame({"item": index.item, "gram": index.gram}).unique()
    rare = found.filter("rare").join(grams, on="gram").select("text", "item").unique()
    # Boilerplate alone can only reach an item most of whose n-grams are boilerplate.
    common = grams.with_columns(common=pl.col("gram").is_in(found.filter(~pl.col("rare"))["gram"].unique().implode()))
    suspect = common.filter(pl.col("common").mean().over("item") > 0.5).filter("common")
    by_common = found.filter(~pl.col("rare")).join(suspect, on="gram").select("text", "item").unique()
    pairs = pl.concat([rare, by_common]).unique()
    shared = (
        found.join(pairs, on="text")
        .join(grams, on=["item", "gram"])
        .group_by("text", "item")
        .agg(shared=pl.len(), rare=pl.col("rare").any())
    )
    whole = grams.group_by("item").agg(whole=pl.len())
    scored = shared.join(whole, on="item")
    scored = scored.with_columns(value=ratio(scored["shared"], scored["whole"]))
    scored = scored.filter(pl.col("rare") | (2 * pl.col("shared") > pl.col("whole")))
    scored = scored.with_columns(text=every_text[scored["text"].to_numpy()], item=every_item[scored["item"].to_numpy()])
    threshold = f"a run of {n} words" if n > 1 else "a word"
    return matches(scored, threshold)
