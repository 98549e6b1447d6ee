"""Whether a trace teaches a student more than it leads it astray."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import PROMPT, RESPONSE, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import FloatColumn, ModelSpec, TextColumn

#: Higher ranks count as this, as in the authors' code: the tail of a vocabulary says nothing.
_MOST = 100


@operator(version=1, cost="model", row_wise=True, weights=("using",))
def rank_surprisal(
    prompt: TextColumn = PROMPT, response: TextColumn = RESPONSE, *, using: ModelSpec, ctx: Context
) -> FloatColumn:
    """The rank–surprisal ratio of a response for the student that is to learn it: less is better.

    It divides the mean rank of the response's tokens, among all that the student might have written there, by their
    mean negative log-likelihood, the prompt standing as a user's turn in the model's own chat template. A trace with a
    low ratio surprises the student, so that there is something to learn, with tokens that are near the top of what it
    would write, so that it can learn them; `surprisal` alone finds only one of the two. Ranks count from 1, and as 100
    at most. Of a chat with thoughts, measure both: `rank_surprisal(prompt, concat(reasoning, response), using:
    student)`. The value is missing if the two do not fit into the model's context; the number of such rows is reported.

    Args:
        prompt: the prompt; a missing or blank prompt gives a missing value.
        response: the response, or a trace; missing or blank, it gives a missing value.
        using: the student, which must have local weights.

    Source: Yang et al., Which reasoning trajectories teach students to reason better? (2601.14249), and its code
    (UmeanNever/RankSurprisalRatio).

    Example:
        select(1k, by: top(0 - rank_surprisal(using: student)))
    """
    import polars as pl

    from tunec.runtime.base.method import Message
    from tunec.runtime.text.questions import filled

    rows = [None if None in row else row for row in zip(filled(prompt), filled(response), strict=True)]
    asked = [((Message("user", str(p)),), str(r)) for p, r in (row for row in rows if row is not None)]
    read = ctx.ranks(using, asked, _MOST)
    found = iter(read)
    values = [
        ranked.ranks / ranked.loss.nats
        if row is not None and (ranked := next(found)) is not None and ranked.loss.nats
        else None
        for row in rows
    ]
    long = sum(ranked is None for ranked in read)
    if long:
        ctx.missing(f"`rank_surprisal` has no value: prompt and response are too long for {using.id}", long)
    return pl.Series("rank_surprisal", values, dtype=pl.Float64)
