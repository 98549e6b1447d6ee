"""Which of two answers a judge prefers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import PROMPT, operator
from tunec.runtime.text import templates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import FloatColumn, ModelSpec, TextColumn


@operator(version=1, cost="model", row_wise=True, reads=templates.files("pairs"))
def prefers(
    model: ModelSpec, first: TextColumn, second: TextColumn, *, prompt: TextColumn = PROMPT, ctx: Context
) -> FloatColumn:
    """Which of two answers to the prompt a model prefers: 1 for the first, 0 for the second, one half for a tie.

    The model is asked in both orders, with temperature 0. An answer is preferred if it wins in both; anything else is a
    tie, so that a judge who prefers what stands first decides nothing. How often that was the case, and how often what
    stood first won, is told with the result. A row without a verdict in both orders has a missing value, and is
    counted.

    Args:
        model: the judge.
        first: the one answer; missing gives a missing value.
        second: the other answer.
        prompt: what was answered.

    Source: Zheng et al., Judging LLM-as-a-Judge with MT-Bench (arXiv 2306.05685), section 3.4: both orders.

    Example:
        keep prefers(referee, chosen, rejected) == 1
    """
    import polars as pl

    from tunec.runtime.base.method import Message, Request, Sampling
    from tunec.runtime.text.verdicts import verdict, won

    rows = [None if None in row else row for row in zip(prompt, first, second, strict=True)]
    requests = []
    for asked, one, other in (row for row in rows if row is not None):
        language = templates.language_of(asked)
        for a, b in ((one, other), (other, one)):
            text = templates.filled("pairs", language, {"question": asked, "first": a, "second": b})
            requests.append(Request((Message("user", text),)))
    answers = ctx.ask(model, requests, Sampling(temperature=0, max_tokens=256))
    said = [verdict(answer.text) if answer.finish != "failed" else None for answer in answers]
    pairs = list(zip(said[::2], said[1::2], strict=True))
    _tell(ctx, model, pairs)
    given = iter([None if None in pair else won(*pair) for pair in pairs])
    return pl.Series("prefers", [None if row is None else next(given) for row in rows], dtype=pl.Float64)


def _tell(ctx: Context, model: ModelSpec, pairs: Sequence[tuple[str | None, str | None]]) -> None:
    """Say how far the order decided."""
    ctx.missing(f"`prefers` has no value by {model.id}: no verdict in both orders", sum(None in pair for pair in pairs))
    whole = [pair for pair in pairs if None not in pair]
    if not whole:
        return
    every = [one for pair in whole for one in pair]
    same = sum(pair in (("A", "B"), ("B", "A"), ("C", "C")) for pair in whole)
    ctx.note(
        f"`prefers` by {model.id}: of {len(every):,} comparisons the answer that stood first won "
        f"{every.count('A') / len(every):.0%}, the second {every.count('B') / len(every):.0%}; both orders say the "
        f"same of {same:,} of {len(whole):,} rows"
    )
