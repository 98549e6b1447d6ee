"""Questions to a model whose answer is read off its next token: Yes or No, and how much likelier the one is than the
other; or a number, weighted by probability.

Those of the first kind are written as UniEval writes them, question first, and end in `answer:`, for the model to go
on: raw text, which models with and without a chat template continue. Put as a message of a chat, with the question
after the text, they were answered worse by SmolLM2-135M, which then found the words of an answer in disorder more
natural than the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Prompt
    from tunec.runtime.base.values import ModelSpec

#: What may come next.
WORDS = (" Yes", " No")


def asked(question: str, **parts: pl.Series) -> list[str | None]:
    """The question about each row, with the texts that it is about named by their keys; missing where one is missing or
    blank."""
    names = [name.replace("_", " ") for name in parts]
    rows = zip(*(filled(part) for part in parts.values()), strict=True)
    return [None if None in row else _written(question, dict(zip(names, row, strict=True))) for row in rows]


def _written(question: str, parts: dict[str, str | None]) -> str:
    return "\n".join([f"question: {question}", *(f"{name}: {text}" for name, text in parts.items()), "answer:"])


def filled(text: pl.Series) -> list[str | None]:
    """The texts, missing where there is nothing but blanks."""
    return [t if t is not None and t.strip() else None for t in text]


def log_odds(ctx: Context, model: ModelSpec, questions: Sequence[str | None], name: str) -> list[float | None]:
    """ln(p(Yes) / p(No)) as the first token of the model's answer to each question.

    Missing for a missing question, and for one that does not fit into the model's context, which is counted.
    """
    found = iter(ctx.logits(model, [q for q in questions if q is not None], WORDS))
    odds: list[float | None] = []
    long = 0
    for question in questions:
        scores = None if question is None else next(found)
        long += question is not None and scores is None
        odds.append(None if scores is None else scores[0] - scores[1])
    if long:
        ctx.missing(f"`{name}` has no value: too long for {model.id}", long)
    return odds


def agreement(ctx: Context, model: ModelSpec, questions: Sequence[str | None], name: str) -> pl.Series:
    """p(Yes) / (p(Yes) + p(No)), likewise, as a column."""
    import math

    import polars as pl

    odds = log_odds(ctx, model, questions, name)
    # 1 / (1 + e^-x) overflows for a very small x.
    shares = [None if x is None else 0.5 * (1 + math.tanh(x / 2)) for x in odds]
    return pl.Series(name, shares, dtype=pl.Float64)


def expected(ctx: Context, model: ModelSpec, prompts: Sequence[Prompt | None], scale: range, name: str) -> pl.Series:
    """The sum of the numbers of the scale, each weighted by its probability as the next token among all of them.

    Missing for a missing prompt, and for one that does not fit into the model's context, which is counted.
    """
    import numpy as np
    import polars as pl

    numbers = np.array(scale)
    found = iter(ctx.logits(model, [p for p in prompts if p is not None], [str(number) for number in scale]))
    values: list[float | None] = []
    long = 0
    for prompt in prompts:
        logits = None if prompt is None else next(found)
        long += prompt is not None and logits is None
        chances = np.exp(np.array(logits) - max(logits)) if logits is not None else None
        values.append(None if chances is None else float(numbers @ chances / chances.sum()))
    if long:
        ctx.missing(f"`{name}` has no value by {model.id}: the row is too long", long)
    return pl.Series(name, values, dtype=pl.Float64)
