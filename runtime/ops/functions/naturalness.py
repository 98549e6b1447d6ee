"""Whether a response reads naturally."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import RESPONSE, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import FloatColumn, ModelSpec, TextColumn

_QUESTION = "tunec.runtime.ops.functions/questions/naturalness.txt"


@operator(version=1, cost="model", row_wise=True, reads=(_QUESTION,), weights=("using",))
def naturalness(response: TextColumn = RESPONSE, *, using: ModelSpec, ctx: Context) -> FloatColumn:
    """A model's judgement of how natural a response is, from 0 to 1.

    The value is p(Yes) / (p(Yes) + p(No)) for the first token of the model's answer. The question is UniEval's for
    dialogues, asked of any language model; it sees only the response. The question is in English whatever the language
    of the row, which multilingual models understand. The values of two models cannot be compared, and small models
    discriminate poorly (`docs/functions-measured.md`): look at a sample first.

    Args:
        response: the response; a missing or blank response gives a missing value.
        using: the model, which must have local weights.

    Source: Zhong et al., UniEval (2210.07197); as an indicator InstructMining (2307.06290).

    Example:
        let natural = naturalness(using: judge_model)
    """
    from tunec.runtime.base.resources import text_of
    from tunec.runtime.text.questions import agreement, asked

    return agreement(ctx, using, asked(text_of(_QUESTION), response=response), "naturalness")
