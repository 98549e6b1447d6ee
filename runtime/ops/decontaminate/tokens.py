"""Texts that cover most of a benchmark item with common runs of words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import Frame, ItemTexts, RowTexts, Share


@operator(version=1, cost="index")
def tokens(texts: RowTexts, items: ItemTexts, min_tokens: int = 10, *, share: Share = 0.8) -> Frame:
    """Texts whose common runs of words with a benchmark item cover most of the item.

    A word of the item counts if it stands in a run of at least `min_tokens` words that the text has too. The value is
    the share of such words. Runs are exact; Llama 2's budget of skipped words is not used. An item shorter than the run
    is never found by this rule.

    Args:
        min_tokens: the shortest run that counts, in words, or characters in scripts without spaces.
        share: of the item's words; on the threshold counts.

    Source: Llama 2 (2307.09288), appendix A.6 ("dirty" from 80 %).

    Example:
        decontaminate(against: [mmlu]) { tokens(10, share: 80%) }
    """
    import polars as pl

    from tunec.runtime.text.contained import Items
    from tunec.runtime.text.fractions import share as fraction
    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.matches import matches, ratio

    index = Items.of(items, min_tokens)
    places = pl.DataFrame({"item": index.item, "position": index.position, "gram": index.gram})
    length = pl.DataFrame({"item": range(len(items)), "length": index.words.lengths})
    limit = fraction(share)
    scored = [pl.DataFrame(schema={"text": pl.Int64, "item": pl.Int64, "value": pl.Float64})]
    for found in index.search(texts):
        common = pl.DataFrame({"text": found.text, "gram": found.gram}).unique().join(places, on="gram")
        common = common.sort("text", "item", "position")
        # A run covers its own words, but for those that the next run covers as well.
        step = pl.col("position").diff(-1).neg().over("text", "item").fill_null(min_tokens)
        covered = (
            common.with_columns(step=pl.min_horizontal(step, pl.lit(min_tokens)))
            .group_by("text", "item")
            .agg(covered=pl.col("step").sum())
        )
        covered = covered.join(length, on="item").filter(
            pl.col("covered") * limit.denominator >= pl.col("length") * limit.numerator
        )
        scored.append(covered.select("text", "item", value=ratio(covered["covered"], covered["length"])))
    return matches(pl.concat(scored), f">= {shown(share)}")
