"""A rating by a model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import PROMPT, RESPONSE, Given, OperatorError, operator, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Message, Request, Sampling
    from tunec.runtime.base.values import FloatColumn, ModelSpec, Range, TextColumn

_ORDER = "tunec.runtime.ops.functions/questions/judge.txt"
_JSON = "tunec.runtime.ops.functions/questions/judge_json.txt"


def conflicts_of(name: str, given: Given) -> tuple[str, str] | None:
    """What is wrong with the scale of an operator that has a judge rate; none where it states none."""
    scale = given["scale"]
    if scale is None:
        return None
    low, high = scale.low, scale.high
    if low is None or high is None or low >= high:
        return "scale", f"the `scale` of `{name}` has two ends, such as 1..5"
    if given["method"] == "expected" and (low != int(low) or high != int(high) or low < 0 or high > 9):
        return "scale", f"`{name}` with `method: expected` needs a scale of single digits, such as 1..5"
    if math.floor(high) - math.ceil(low) < 1:
        return "scale", f"the `scale` of `{name}` needs two whole numbers to choose from, such as 1..5"
    return None


@operator(
    version=3,
    cost="model",
    row_wise=True,
    reads=(_ORDER, _JSON),
    only={"samples": ("method", "answer", "json"), "max_tokens": ("method", "answer", "json")},
    conflicts=lambda given: conflicts_of("judge", given),
)
def judge(
    model: ModelSpec,
    *,
    rubric: str,
    scale: Range,
    prompt: TextColumn | None = PROMPT,
    response: TextColumn | None = RESPONSE,
    method: Literal["answer", "json", "expected"] = "answer",
    samples: Annotated[int, "1.."] = 1,
    max_tokens: Annotated[int, "1.."] | None = None,
    ctx: Context,
) -> FloatColumn:
    """A model's rating of a row by a rubric.

    The model reads the rubric, the prompt, the response, and the instruction to answer with a number of the scale, with
    temperature 0 where it is asked once. The rating is the number that the answer begins with, else the last one after
    a word such as `score` or `评分`, else the only one there is. An answer without such a number, or with one outside
    the scale, gives a missing value, and so does a row that is too long for the model; the number of such rows is
    reported, with the reason.

    Args:
        model: the judge.
        rubric: what is rated, and what the numbers mean; in any language.
        scale: the lowest and the highest rating, with two whole numbers at least.
        prompt: the text that the response answers; `none` to rate the response by itself.
        response: the text to rate; `none` to rate the prompt.
        method: `json` asks for a reason and a number as JSON, by structured output where the server has it; `expected`
            generates nothing: it weights every whole number of the scale by the probability that the model gives it as
            the next token, which tells more rows apart. It needs a model with local weights, and a scale of single
            digits.
        samples: how often each row is rated, at the model's own temperature; the rating is the mean of the ratings that
            can be read.
        max_tokens: the longest answer, by default 16 tokens, 256 with `json`; allow more if the rubric asks for
            reasons.

    Source: AlpaGasus (2307.08701) for the rating; DEITA (2312.15685) and its repository for `expected`.

    Example:
        let quality = judge(teacher, rubric: "How accurate and complete is the response?", scale: 1..5)
    """
    import polars as pl

    from tunec.runtime.base.method import Message, Request, Sampling
    from tunec.runtime.base.resources import text_of
    from tunec.runtime.text.questions import expected, filled

    refuse(conflicts_of("judge", {"scale": scale, "method": method}))
    assert scale.low is not None and scale.high is not None
    texts = [filled(column) for column in (prompt, response) if column is not None]
    longest = max_tokens if max_tokens is not None else 256 if method == "json" else 16
    if not texts or not rubric.strip() or longest < 1 or samples < 1:
        raise OperatorError("`judge` needs a rubric, and a text to rate; `max_tokens` and `samples` are at least 1")
    named = [name for name, column in (("prompt", prompt), ("response", response)) if column is not None]
    low, high = f"{scale.low:g}", f"{scale.high:g}"
    order = text_of(_JSON if method == "json" else _ORDER).format(what=named[-1], low=low, high=high)
    chats: list[tuple[Message, ...] | None] = []
    for row in zip(*texts, strict=True):
        parts = [f"{name.capitalize()}:\n{text}" for name, text in zip(named, row, strict=True)]
        said = "\n\n".join([rubric.strip(), *parts, order])
        chats.append(None if None in row else (Message("user", said),))
    if method == "expected":
        return expected(ctx, model, chats, range(int(scale.low), int(scale.high) + 1), "judge")
    known = [chat for chat in chats if chat is not None]
    schema = _schema(scale.low, scale.high) if method == "json" else ""
    requests = [Request(chat, schema, number) for chat in known for number in range(samples)]
    temperature = float(model.option("temperature", 0.7)) if samples > 1 else 0.0
    sampling = Sampling(temperature=temperature, max_tokens=longest)
    ratings = _means(_answered(ctx, model, requests, sampling, scale.low, scale.high), samples)
    by_chat = iter(ratings)
    return pl.Series("judge", [None if chat is None else next(by_chat) for chat in chats], dtype=pl.Float64)


def _schema(low: float, high: float) -> str:
    """The JSON schema of a rating."""
    import json

    from tunec.runtime.text.structured import object_schema

    score = {"type": "number", "minimum": low, "maximum": high}
    return json.dumps(object_schema({"reason": "text", "score": score}), separators=(",", ":"))


def _means(ratings: Sequence[float | None], samples: int) -> list[float | None]:
    """The mean of the ratings of each row that there are."""
    rows = [[r for r in ratings[n : n + samples] if r is not None] for n in range(0, len(ratings), samples)]
    return [sum(row) / len(row) if row else None for row in rows]


def _answered(
    ctx: Context, model: ModelSpec, requests: Sequence[Request], sampling: Sampling, low: float, high: float
) -> list[float | None]:
    reasons: dict[str, int] = {}
    found: list[float | None] = []
    for request, answer in zip(requests, ctx.ask(model, requests, sampling), strict=True):
        number = _number(answer.text, request.schema)
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
    for reason, answers in reasons.items():
        ctx.missing(f"`judge` has no value by {model.id}: {reason}", answers)
    return found


def _number(text: str, schema: str) -> float | None:
    """The number that an answer gives: the `score` of JSON where that was asked for and came."""
    from tunec.runtime.text.ratings import rating
    from tunec.runtime.text.structured import BadJson, any_json

    if not schema:
        return rating(text)
    try:
        value = any_json(text)
    except BadJson:
        return None
    score = value.get("score") if isinstance(value, dict) else None
    return float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None
