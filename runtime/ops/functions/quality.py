"""How good a response is, as DEITA scores it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import PROMPT, RESPONSE, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import FloatColumn, ModelSpec, TextColumn

_QUESTION = "tunec.runtime.ops.functions/questions/quality.txt"


@operator(version=1, cost="model", row_wise=True, reads=(_QUESTION,), weights=("using",))
def quality(
    prompt: TextColumn = PROMPT, response: TextColumn = RESPONSE, *, using: ModelSpec, ctx: Context
) -> FloatColumn:
    """The quality of a response to its prompt, from 1 to 6, as a model expects it.

    The value is the sum of the numbers 1 to 6, weighted by the probability that each of them is the model's next token.
    As `complexity`: the question is the one that DEITA's scorer was trained on, so other models give little more than
    an order, and small ones a weak one.

    Args:
        prompt: the prompt; a missing or blank one gives a missing value.
        response: the response; a missing or blank one gives a missing value.
        using: the scorer, which must have local weights.

    Source: Liu et al., DEITA (2312.15685), section 2.3, and the repository's scorer.

    Example:
        filter { keep quality(using: scorer) > 3 }
    """
    from tunec.runtime.base.resources import text_of
    from tunec.runtime.text.questions import expected, filled

    before, between, after = _parts(text_of(_QUESTION))
    rows = zip(filled(prompt), filled(response), strict=True)
    asked = [None if p is None or r is None else f"{before}{p}{between}{r}{after}" for p, r in rows]
    return expected(ctx, using, asked, range(1, 7), "quality")


def _parts(question: str) -> tuple[str, str, str]:
    """What stands around the prompt and the response, so that braces in a prompt are left alone."""
    before, rest = question.split("{prompt}")
    between, after = rest.split("{response}")
    return before, between, after
