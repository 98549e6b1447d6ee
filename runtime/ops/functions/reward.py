"""How good an answer a response is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import PROMPT, RESPONSE, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import FloatColumn, ModelSpec, TextColumn

_QUESTION = "tunec.runtime.ops.functions/questions/reward.txt"


@operator(version=1, cost="model", row_wise=True, reads=(_QUESTION,))
def reward(
    prompt: TextColumn = PROMPT, response: TextColumn = RESPONSE, *, using: ModelSpec, ctx: Context
) -> FloatColumn:
    """A generative reward: a language model's judgement of how good a response to its prompt is.

    The value is ln(p(Yes) / p(No)) for the first token of the model's answer. 0 is undecided, more is better; like the
    output of a trained reward model it is unbounded, and only differences between rows are meaningful. A language model
    stands in for a reward model here: models with a scoring head cannot be declared in a spec yet, and coefficients
    fitted to the rewards of such a model do not apply. The question is in English whatever the language of the row.
    Small models discriminate poorly (`docs/functions-measured.md`): look at a sample first.

    Args:
        prompt: the prompt; a missing or blank prompt gives a missing value.
        response: the response; a missing or blank response gives a missing value.
        using: the model, which must have local weights.

    Source: Zhang et al., Generative Verifiers (2408.15240), section 3.1; as an indicator InstructMining (2307.06290).

    Example:
        select(5k, by: top(reward(using: judge_model)))
    """
    import polars as pl

    from tunec.runtime.base.resources import text_of
    from tunec.runtime.text.questions import asked, log_odds

    questions = asked(text_of(_QUESTION), prompt=prompt, response=response)
    return pl.Series("reward", log_odds(ctx, using, questions, "reward"), dtype=pl.Float64)
