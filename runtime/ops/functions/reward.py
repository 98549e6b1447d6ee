"""How good an answer a response is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import PROMPT, RESPONSE, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import FloatColumn, ModelSpec, TextColumn

_QUESTION = "tunec.runtime.ops.functions/questions/reward.txt"


@operator(version=2, cost="model", row_wise=True, reads=(_QUESTION,), weights=("using",))
def reward(
    prompt: TextColumn = PROMPT, response: TextColumn = RESPONSE, *, using: ModelSpec, ctx: Context
) -> FloatColumn:
    """How good a response to its prompt is, by a reward model, or by the judgement of a language model.

    A reward model is one with a head of one number (`…ForSequenceClassification`), declared as
    `local("models/reward")`: the value is that number for the chat of the two, in the model's template, or for the two
    as a pair of texts if it has none. A language model stands in for one where there is none: the value then is
    ln(p(Yes) / p(No)) for the first token of its answer to a question in English. Either way more is better, the value
    is unbounded, and only differences between rows are meaningful. Weights that were fitted to the rewards of one model
    do not apply to another. Small language models discriminate poorly (`docs/functions-measured.md`): look at a sample
    first.

    Args:
        prompt: the prompt; a missing or blank prompt gives a missing value.
        response: the response; a missing or blank response gives a missing value.
        using: the model, which must have local weights.

    Source: Stiennon et al., Learning to summarize from human feedback (2009.01325), for reward models; Zhang et al.,
    Generative Verifiers (2408.15240), section 3.1, for the question; as an indicator InstructMining (2307.06290).

    Example:
        select(5k, by: top(reward(using: judge_model)))
    """
    import polars as pl

    from tunec.runtime.base.method import Message
    from tunec.runtime.base.resources import text_of
    from tunec.runtime.models.rewards import has_head
    from tunec.runtime.text.questions import asked, filled, log_odds

    if has_head(using):
        pairs = [None if None in row else row for row in zip(filled(prompt), filled(response), strict=True)]
        chats = [
            (Message("user", str(p)), Message("assistant", str(r))) for p, r in (x for x in pairs if x is not None)
        ]
        scores = ctx.rewards(using, chats)
        ctx.missing(f"`reward` has no value: too long for {using.id}", scores.count(None))
        found = iter(scores)
        return pl.Series("reward", [None if pair is None else next(found) for pair in pairs], dtype=pl.Float64)
    questions = asked(text_of(_QUESTION), prompt=prompt, response=response)
    return pl.Series("reward", log_odds(ctx, using, questions, "reward"), dtype=pl.Float64)
