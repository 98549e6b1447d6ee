"""How unexpected a text is for a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import FloatColumn, ModelSpec, TextColumn


@operator(version=1, cost="model", row_wise=True, weights=("using",))
def perplexity(text: TextColumn, *, using: ModelSpec, ctx: Context) -> FloatColumn:
    """The perplexity of a text under a language model: exp of the mean negative log-likelihood of its tokens, from 1.

    The text is read as it is, without a chat template, after the model's begin-of-text token. A text of more than 2048
    tokens is read in windows. Models with different tokenizers cannot be compared; short texts look worse than long
    ones, and languages other than the model's own look worse than they are.

    Args:
        text: the text; a missing or empty text gives a missing value.
        using: the model, which must have local weights.

    Source: Jelinek et al. 1977; as a filter Wenzek et al., CCNet (1911.00359).

    Example:
        drop perplexity(response, using: base) > 500
    """
    import math

    import polars as pl

    known = [t for t in text if t]
    losses = iter(ctx.losses(using, [("", t) for t in known]))
    found = [next(losses) if t else None for t in text]
    values = [math.exp(loss.nats / loss.tokens) if loss is not None and loss.tokens else None for loss in found]
    return pl.Series(text.name, values, dtype=pl.Float64)
