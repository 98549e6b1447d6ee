"""How complex a prompt is, as DEITA scores it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import PROMPT, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import FloatColumn, ModelSpec, TextColumn

_QUESTION = "tunec.runtime.ops.functions/questions/complexity.txt"


@operator(version=1, cost="model", row_wise=True, reads=(_QUESTION,), weights=("using",))
def complexity(prompt: TextColumn = PROMPT, *, using: ModelSpec, ctx: Context) -> FloatColumn:
    """The complexity of a prompt, from 1 to 6, as a model expects it.

    The value is the sum of the numbers 1 to 6, weighted by the probability that each of them is the model's next token.
    The question is the one that DEITA's scorer was trained on, in English whatever the language of the row, and it is
    raw text without a chat template. Another model was never trained to answer it: its values mean little more than an
    order, and a small model's order is weak (`docs/functions-measured.md`). Look at a sample first.

    Args:
        prompt: the prompt; a missing or blank one gives a missing value.
        using: the scorer, which must have local weights.

    Source: Liu et al., DEITA (2312.15685), section 2.2, and the repository's scorer.

    Example:
        select(6k, by: deita(complexity(using: scorer) * quality(using: scorer), text, using: minilm))
    """
    from tunec.runtime.base.resources import text_of
    from tunec.runtime.text.questions import expected, filled

    question = text_of(_QUESTION)
    asked = [None if p is None else question.replace("{prompt}", p) for p in filled(prompt)]
    return expected(ctx, using, asked, range(1, 7), "complexity")
