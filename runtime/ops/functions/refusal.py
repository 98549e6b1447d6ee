"""Whether an answer refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import BoolExpr, EmbedderSpec, TextExpr

WEIGHTS = "tunec.runtime.text/weights/refusals.json"
_PATTERNS = tuple(f"tunec.runtime.text/{name}.py" for name in ("refusals", "refusals_plain", "refusals_zh"))


@operator(version=5, cost="scan", row_wise=True, reads=(*_PATTERNS, WEIGHTS))
def refusal(text: TextExpr, *, using: EmbedderSpec | None = None, ctx: Context) -> BoolExpr:
    """Whether a response refuses the task, in English or Chinese.

    Without an embedder, patterns look for the set phrases of language models at the start of the text: "I'm sorry, but
    I can't assist…", "As an AI language model, I am unable…", "抱歉，我不能提供…", "恕难从命…", in simplified or
    traditional characters, and plain words ("No, I won't write that."). Thoughts in `<think>` before them are no part
    of the answer. A lecture ("As an AI, I must clarify that it is unethical…", "偷窃是违法的，请不要这样做") is a
    refusal unless a list or "here are" follows. An apology that belongs to a letter or a story is not.

    Many lectures and corrections of what a question takes for granted have no such phrase ("There is no reason why
    immigrants should not vote. Everyone has the same rights."). With the bundled embedder, a small classifier that
    comes with tunec finds English ones as well. It reads the first 300 characters of those texts that have a word of
    that kind, about a sixth of ordinary answers. For Chinese, `using` changes nothing.

    Measured in `docs/functions-measured.md`.

    Args:
        text: the response; a missing text gives a missing value.
        using: an embedder, `bundled("all-minilm-l6-v2")`: the classifier is trained for this one.

    Example:
        drop refusal(response, using: minilm) as refusals
    """
    import polars as pl

    from tunec.runtime.text.lectures import refuses_or_lectures
    from tunec.runtime.text.refusals import refuses

    def found(texts: pl.Series) -> pl.Series:
        return refuses(texts) if using is None else refuses_or_lectures(ctx, using, texts, WEIGHTS)

    return text.map_batches(found, return_dtype=pl.Boolean, is_elementwise=True)
