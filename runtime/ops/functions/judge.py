"""A rating by a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.operator import PROMPT, RESPONSE, OperatorError, operator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunec.runtime.context import Context
    from tunec.runtime.method import Message
    from tunec.runtime.values import FloatColumn, ModelSpec, Range, TextColumn

_ORDER = "tunec.runtime.ops.functions/questions/judge.txt"


@operator(version=2, cost="model", row_wise=True, reads=(_ORDER,))
def judge(
    model: ModelSpec,
    *,
    rubric: str,
    scale: Range,
    prompt: TextColumn | None = PROMPT,
    response: TextColumn | None = RESPONSE,
    method: Literal["answer", "expected"] = "answer",
    max_tokens: Annotated[int, "1.."] = 16,
    ctx: Context,
) -> FloatColumn:
    """A model's rating of a row by a rubric.

    The model reads the rubric, the prompt, the response, and the instruction to answer with a number of the scale,
    always with temperature 0. The rating is the number that the answer begins with, else the last one after a word such
    as `score` or `评分`, else the only one there is. An answer without such a number, or with one outside the scale,
    gives a missing value, and so does a row that is too long for the model; the number of such rows is reported, with
    the reason.

    Args:
        model: the judge.
        rubric: what is rated, and what the numbers mean; in any language.
        scale: the lowest and the highest rating.
        prompt: the text that the response answers; `none` to rate the response by itself.
        response: the text to rate; `none` to rate the prompt.
        method: `expected` generates nothing: it weights every whole number of the scale by the probability that the
            model gives it as the next token, which tells more rows apart. It needs a model with local weights, and a
            scale of single digits.
        max_tokens: the longest answer; allow more if the rubric asks for reasons.

    Source: AlpaGasus (2307.08701) for the rating; DEITA (2312.15685) and its repository for `expected`.

    Example:
        let quality = judge(teacher, rubric: "How accurate and complete is the response?", scale: 1..5)
    """
    import polars as pl

    from tunec.runtime.method import Message
    from tunec.runtime.resources import text_of
    from tunec.runtime.text.questions import filled

    if scale.low is None or scale.high is None or scale.low >= scale.high:
        raise OperatorError("the `scale` of `judge` has two ends, such as 1..5")
    texts = [filled(column) for column in (prompt, response) if column is not None]
    if not texts or not rubric.strip() or max_tokens < 1:
        raise OperatorError("`judge` needs a rubric, a prompt or a response to rate, and `max_tokens` of at least 1")
    named = [name for name, column in (("prompt", prompt), ("response", response)) if column is not None]
    low, high = f"{scale.low:g}", f"{scale.high:g}"
    order = text_of(_ORDER).format(what=named[-1], low=low, high=high)
    chats: list[tuple[Message, ...] | None] = []
    for row in zip(*texts, strict=True):
        parts = [f"{name.capitalize()}:\n{text}" for name, text in zip(named, row, strict=True)]
        said = "\n\n".join([rubric.strip(), *parts, order])
        chats.append(None if None in row else (Message("user", said),))
    known = [chat for chat in chats if chat is not None]
    if method == "expected":
        ratings = _expected(ctx, model, known, scale.low, scale.high)
    else:
        ratings = _answered(ctx, model, known, scale.low, scale.high, max_tokens)
    by_chat = iter(ratings)
    return pl.Series("judge", [None if chat is None else next(by_chat) for chat in chats], dtype=pl.Float64)


def _answered(
    ctx: Context, model: ModelSpec, chats: Sequence[tuple[Message, ...]], low: float, high: float, max_tokens: int
) -> list[float | None]:
    from tunec.runtime.method import Request, Sampling
    from tunec.runtime.text.ratings import rating

    sampling = Sampling(temperature=0, max_tokens=max_tokens)
    reasons: dict[str, int] = {}
    found: list[float | None] = []
    for answer in ctx.ask(model, [Request(chat) for chat in chats], sampling):
        number = rating(answer.text)
        if answer.finish == "length" and not answer.text:
            reason = "the row is too long"
        elif number is None:
            reason = "the answer gives no number, or several"
        elif not low <= number <= high:
            reason = f"the answer is outside of {low:g}..{high:g}"
        else:
            found.append(number)
            continue
        reasons[reason] = reasons.get(reason, 0) + 1
        found.append(None)
    for reason, rows in reasons.items():
        ctx.missing(f"`judge` has no value by {model.id}: {reason}", rows)
    return found


def _expected(
    ctx: Context, model: ModelSpec, chats: Sequence[tuple[Message, ...]], low: float, high: float
) -> list[float | None]:
    import numpy as np

    if low != int(low) or high != int(high) or low < 0 or high > 9:
        raise OperatorError("`judge` with `method: expected` needs a scale of single digits, such as 1..5")
    numbers = np.arange(int(low), int(high) + 1)
    found: list[float | None] = []
    for logits in ctx.logits(model, chats, [str(number) for number in numbers]):
        if logits is None:
            found.append(None)
            continue
        chances = np.exp(np.array(logits) - max(logits))
        found.append(float(numbers @ chances / chances.sum()))
    if None in found:
        ctx.missing(f"`judge` has no value by {model.id}: the row is too long", found.count(None))
    return found
