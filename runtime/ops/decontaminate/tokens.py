"""Texts that cover most of a benchmark item with common runs of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import at_least_one, operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Frame, ItemTexts, RowTexts, Share


@operator(packages=("rjieba",), version=7, cost="index")
def tokens(
    texts: RowTexts,
    items: ItemTexts,
    longer_than: Annotated[int, "1.."] = 10,
    *,
    share: Annotated[Share, "0<..1"] = 0.8,
    skips: int = 4,
) -> Frame:
    """Matches texts whose common runs of words with a benchmark item cover most of the item.

    A word of the item counts if it is part of a run of more than `longer_than` words that the text also has, in which
    up to `skips` words may differ; the first `longer_than` words must be the same, and so must the last. The measured
    value is the share of words that count. Words are lower-cased and separated by every mark; in scripts without spaces
    every character is a word. An item that is no longer than the run is never found by this rule.

    With this rule, the report states for each benchmark how many items are clean (less than 20% of their words occur in
    the rows, all rows taken together), not clean, not dirty, and dirty (80% and more), before and after the drop.

    Args:
        longer_than: a run that counts is longer than this.
        share: the lowest share of the item's words that counts as a match.
        skips: the number of words of a run that may differ.

    Source: Llama 2 (2307.09288), appendix A.6, which counts tokens of its tokenizer rather than words.

    Example:
        decontaminate(against: [mmlu]) { tokens(10, share: 80%) }
    """
    import polars as pl

    from tunec.runtime.text.contained import Items
    from tunec.runtime.text.fractions import share as fraction
    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.matches import matches, ratio
    from tunec.runtime.text.spans import covered, spans

    at_least_one("tokens", longer_than=longer_than)
    index = Items.of(items, longer_than)
    found = spans(texts, index, skips)
    length = pl.DataFrame(
        {"item": range(len(items)), "length": index.words.lengths}, schema_overrides={"item": pl.Int64}
    )
    pairs = covered(found, ["text", "item"]).join(length, on="item")
    limit = fraction(share)
    pairs = pairs.with_columns(
        convicts=pl.col("covered") * limit.denominator >= pl.col("length") * limit.numerator,
        value=ratio(pairs["covered"], pairs["length"]),
    )
    of_pair = found.group_by("text", "item").agg(spans=pl.struct("first", "after").sort())
    return matches(pairs.join(of_pair, on=["text", "item"]), f">= {shown(share)}")
