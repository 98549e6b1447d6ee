"""Texts that are or contain a benchmark item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.context import Context
    from tunec.runtime.values import Frame, ItemTexts, RowTexts


@operator(version=2, cost="scan", packages=("rjieba",))
def exact(texts: RowTexts, items: ItemTexts, ctx: Context) -> Frame:
    """Matches texts that are a benchmark item or, if the item has at least eight words, contain it verbatim.

    Texts are compared as lower-case words without punctuation (Unicode NFKC). A shorter item is matched only by a text
    that is nothing else, symbols included: `2 + 2 = ?` is not in `22`. Chinese words are counted by segmentation.

    Source: GPT-3 (2005.14165), appendix C, for the normalization; the rule is what every published data set guarantees.

    Example:
        decontaminate(against: [gsm8k]) { exact() }
    """
    from tunec.runtime.text.screening import equal_or_contained

    return equal_or_contained(texts, items, ctx.suspects(texts, items))
