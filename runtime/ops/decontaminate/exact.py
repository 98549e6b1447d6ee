"""Texts that are or contain a benchmark item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Frame, ItemTexts, RowTexts


@operator(version=8, cost="scan", packages=("rjieba",), screened={})
def exact(texts: RowTexts, items: ItemTexts, ctx: Context) -> Frame:
    """Matches texts that are a benchmark item or contain it verbatim.

    Letter case, white space and sentence punctuation are ignored, so that a lost space or comma hides nothing. Symbols
    and the marks inside numbers, operations, amounts and names are compared: `12 * 4` is not `12 / 4`, `1.5` is not
    `15`, `C#` is not `C`. Chinese words are counted by segmentation.

    A shorter item is matched by a text that is nothing else. Inside of a longer text it is matched if it has at least
    three words, and its answer or two of its choices stand in the row as well; or if it has at least five words, is a
    sentence of its own there, and does not speak of its choices (`Which of the following is true?`).

    Source: GPT-3 (2005.14165), appendix C, which deletes all marks; the rule is what every published data set
    guarantees.

    Example:
        decontaminate(against: [gsm8k]) { exact() }
    """
    from tunec.runtime.text.screening import equal_or_contained

    return equal_or_contained(ctx.suspects(texts, items))
