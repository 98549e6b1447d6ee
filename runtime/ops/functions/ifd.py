"""How much a prompt does not help with its response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import PROMPT, RESPONSE, operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import FloatColumn, ModelSpec, TextColumn

_RESPONSE = "### Response:"
_PROMPT = "tunec.runtime.ops.functions/questions/ifd.txt"


@operator(version=1, cost="model", row_wise=True, reads=(_PROMPT,), weights=("using",))
def ifd(prompt: TextColumn = PROMPT, response: TextColumn = RESPONSE, *, using: ModelSpec, ctx: Context) -> FloatColumn:
    """The instruction-following difficulty (IFD): how little a prompt helps to predict its response.

    The value is the mean negative log-likelihood of the response's tokens after the prompt, divided by the same without
    the prompt. Low: the prompt says nearly everything, and there is little to learn. Near 1: the prompt hardly helps.
    Above 1 it even misleads: such rows rarely fit together, and are candidates for a `drop`. The prompt is placed in
    Alpaca's template, the response alone after `### Response:`, regardless of the model's own chat template. The value
    is missing if the two do not fit into the model's context; the number of such rows is reported.

    Args:
        prompt: the prompt; a missing or blank prompt gives a missing value.
        response: the response; a missing or blank response gives a missing value.
        using: the model; a small one ranks rows much as a large one does (Superfiltering).

    Source: Li et al., From Quantity to Quality (2308.12032), and its repository; Superfiltering (2402.00530).

    Example:
        filter { keep ifd(using: base) in 0.3..1 }
    """
    import polars as pl

    from tunec.runtime.base.resources import text_of
    from tunec.runtime.text.questions import filled

    rows = zip(filled(prompt), filled(response), strict=True)
    pairs = [None if p is None or r is None else (p, r) for p, r in rows]
    known = [pair for pair in pairs if pair is not None]
    template = text_of(_PROMPT)
    after = ctx.losses(using, [(template.replace("{prompt}", p), r) for p, r in known])
    alone = ctx.losses(using, [(_RESPONSE, r) for _, r in known])
    ratios = iter(
        a.nats / b.nats if a is not None and b is not None and b.nats > 0 else None
        for a, b in zip(after, alone, strict=True)
    )
    values = [None if pair is None else next(ratios) for pair in pairs]
    long = sum(a is None or b is None for a, b in zip(after, alone, strict=True))
    if long:
        ctx.missing(f"`ifd` has no value: prompt and response are too long for {using.id}", long)
    return pl.Series("ifd", values, dtype=pl.Float64)
