"""How surprising a response is to the model that is to learn it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import PROMPT, RESPONSE, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import FloatColumn, ModelSpec, TextColumn


@operator(version=1, cost="model", row_wise=True, weights=("using",))
def surprisal(
    prompt: TextColumn = PROMPT, response: TextColumn = RESPONSE, *, using: ModelSpec, ctx: Context
) -> FloatColumn:
    """How surprising a response is to the student that is to learn it: nats per token, after the prompt.

    The value is the mean negative log-likelihood of the response's tokens, the prompt standing as a user's turn in the
    model's own chat template. Near 0 there is nothing to learn; far above the rest, a trace is not how this student
    could think, and small students learn little from it. Of a chat with thoughts, measure both:
    `surprisal(prompt, concat(reasoning, response), using: student)`. The value is missing if the two do not fit into
    the model's context; the number of such rows is reported.

    Args:
        prompt: the prompt; a missing or blank prompt gives a missing value.
        response: the response, or a trace; missing or blank, it gives a missing value.
        using: the student, which must have local weights.

    Source: Shannon (1948) for the measure; as `perplexity` is exp of it, without a prompt.

    Example:
        filter { keep surprisal(using: student) in 0.3..2 }
    """
    import polars as pl

    from tunec.runtime.base.method import Message
    from tunec.runtime.text.questions import filled

    rows = [None if None in row else row for row in zip(filled(prompt), filled(response), strict=True)]
    asked = [((Message("user", str(p)),), str(r)) for p, r in (row for row in rows if row is not None)]
    losses = ctx.losses(using, asked)
    found = iter(losses)
    values = [
        loss.nats / loss.tokens if row is not None and (loss := next(found)) is not None and loss.tokens else None
        for row in rows
    ]
    long = sum(loss is None for loss in losses)
    if long:
        ctx.missing(f"`surprisal` has no value: prompt and response are too long for {using.id}", long)
    return pl.Series("surprisal", values, dtype=pl.Float64)
