"""Whether an answer refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import BoolExpr, TextExpr


@operator(version=2, cost="scan", row_wise=True, reads=("tunec.runtime.text/refusals.py",))
def refusal(text: TextExpr) -> BoolExpr:
    """Whether a response refuses the task, in English or Chinese.

    It looks for the stock phrases of language models at the start of the text: "I'm sorry, but I can't assist…", "As an
    AI language model, I am unable…", "I cannot provide…", "抱歉，我不能提供…", "作为一个人工智能语言模型，我无法…".
    A lecture ("As an AI, I must clarify that it is unethical…") is a refusal unless a list or "here are" follows. An
    apology that is part of a letter or a story is not a refusal. Measured in `docs/functions-measured.md`.

    Args:
        text: the response; a missing text gives a missing value.

    Example:
        drop refusal(response) as refusals
    """
    import polars as pl

    from tunec.runtime.text.refusals import refuses

    return text.map_batches(refuses, return_dtype=pl.Boolean, is_elementwise=True)
