"""How good an answer a response is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import PROMPT, RESPONSE, operator

if TYPE_CHECKING:
    from tunec.runtime.context import Context
    from tunec.runtime.values import FloatColumn, ModelSpec, TextColumn

_QUESTION = "tunec.runtime.ops.functions/questions/reward.txt"


@operator(version=1, cost="model", row_wise=True, reads=(_QUESTION,))
def reward(
    prompt: TextColumn = PROMPT, response: TextColumn = RESPONSE, *, using: ModelSpec, ctx: Context
) -> FloatColumn:
    """How good an answer to its prompt a response is in the eyes of a language model: a generative reward.

    The value is ln(p(Yes) / p(No)) as the first token of what the model answers when it is asked. 0 is undecided, more
    is better; like the output of a trained reward model it has no bounds, and only differences between rows mean
    something. A language model stands in for a reward model here: models with a head that gives a score cannot be named
    in a spec yet, and coefficients that were fitted to such a model's rewards do not fit these. The question is English
    whatever the language of the row. Small models tell little apart (`docs/functions-measured.md`): look at a sample
    first.

    Args:
        prompt: missing or blank gives missing.
        response: likewise.
        using: the model; one whose weights lie here.

    Source: Zhang et al., Generative Verifiers (2408.15240), section 3.1; as an indicator InstructMining (2307.06290).

    Example:
        select(5k, by: top(reward(using: judge_model)))
    """
    import polars as pl

    from tunec.runtime.resources import text_of
    from tunec.runtime.text.questions import asked, log_odds

    questions = asked(text_of(_QUESTION), prompt=prompt, response=response)
    return pl.Series("reward", log_odds(ctx, using, questions, "reward"), dtype=pl.Float64)
