from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from tests.ops.functions.conftest import Models
from tests.ops.material import context
from tunec.runtime.base.context import Context
from tunec.runtime.base.method import Answer, Message, Request, Sampling
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec, Range
from tunec.runtime.ops.functions.judge import judge
from tunec.runtime.text.ratings import rating

RUBRIC = "How helpful is the response?"


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("4", 4),
        (" 4.5\n", 4.5),
        ("**4**", 4),
        ("[[3]]", 3),
        ("4/5", 4),
        ("4 out of 5, because it is short.", 4),
        ("Score: 3", 3),
        ("I rate this response a 4 on a scale from 1 to 5.", 4),
        ("On a scale of 1-5, my rating is 2.", 2),
        ("Point 1 is right, and so are 2 and 3.\nScore: 5", 5),
        ("The score is first 2, then the final score is 4", 4),
        ("I would give it 3 stars out of 5.", 3),
        ("-1", -1),
        ("评分：4分（满分5分）", 4),
        ("我给这个回答四分。", 4),
        ("４", 4),
        ("这个回答得分为3。", 3),
        ("", None),
        ("1. Relevance: good\n2. Style: fine\nScore: 4", 4),
        ("1) 切题\n2) 通顺\n评分：4", 4),
        ("4. My score is high because it is short.", 4),
        ("4.5. A good rating: 4.5", 4.5),
        ("Good.", None),
        ("Between 3 and 4.", None),
        ("1-5", None),
    ],
)
def test_the_number_in_an_answer(answer: str, number: float | None) -> None:
    assert rating(answer) == number


def rows(*texts: tuple[str | None, str | None]) -> dict[str, pl.Series]:
    prompts, responses = zip(*texts, strict=True)
    return {"prompt": pl.Series(prompts, dtype=pl.String), "response": pl.Series(responses, dtype=pl.String)}


def asked(models: Models, of: dict[str, Any], **more: Any) -> tuple[list[Any], list[Any]]:
    """The ratings, and the requests that the model was sent."""
    sent: list[Any] = []
    whole = models.context

    def ask(model: ModelSpec, requests: Any, sampling: Any) -> list[Answer]:
        sent.extend((r.prompt[0].content, sampling) for r in requests)
        return whole.ask(model, requests, sampling)

    ctx = type(whole)(7, whole.embed, whole.progress, whole.folder, ask, whole.losses, whole.logits, whole.missing)
    found = judge(models.base, **{"rubric": RUBRIC, "scale": Range(1, 5), **of, **more}, ctx=ctx)
    return found.to_list(), sent


@pytest.mark.model
def test_the_answer_is_read_and_held_against_the_scale(models: Models) -> None:
    of = rows(("What is 2 + 2?", "4"), (None, "4"), ("Name a colour.", "Blue."), ("怎么煮鸡蛋？", "煮十分钟。"))
    found, sent = asked(models, of)
    assert len(sent) == 3
    assert found[1] is None
    assert all(number is None or 1 <= number <= 5 for number in found)
    # What the model answered is what was read.
    answers = models.context.ask(models.base, [_request(text) for text, _ in sent], sent[0][1])
    read = [rating(a.text) for a in answers]
    assert [found[0], *found[2:]] == [n if n is not None and 1 <= n <= 5 else None for n in read]
    models.said.clear()
    # The only token of an answer is no number of four digits: each is missing, and counted.
    none, _ = asked(models, of, scale=Range(1000, 2000), max_tokens=1)
    assert none == [None] * 4
    assert sum(count for reason, count in models.said if "1000..2000" in reason or "no number" in reason) == 3


def _request(text: str) -> Any:
    from tunec.runtime.base.method import Request

    return Request((Message("user", text),))


@pytest.mark.model
def test_what_the_model_reads(models: Models) -> None:
    of = rows(("Say hello.", "Hello!"))
    _, ((text, sampling),) = asked(models, of)
    assert text == (
        f"{RUBRIC}\n\nPrompt:\nSay hello.\n\nResponse:\nHello!\n\n"
        "Rate the response on a scale from 1 to 5. Answer with the number alone."
    )
    assert (sampling.temperature, sampling.max_tokens) == (0, 16)
    assert asked(models, of, max_tokens=1)[1][0][1].max_tokens == 1
    (alone,) = (text for text, _ in asked(models, {**of, "prompt": None}, max_tokens=1)[1])
    assert "Say hello" not in alone
    (prompt,) = (text for text, _ in asked(models, {**of, "response": None}, max_tokens=1)[1])
    assert "Hello!" not in prompt
    assert "Rate the prompt" in prompt


@pytest.mark.model
def test_expected_weighs_the_numbers(models: Models) -> None:
    of = rows(("Say hello.", "Hello!"), ("Say hello.", None), ("Say hello.", "word " * 9_000))
    found, sent = asked(models, of, method="expected", scale=Range(2, 4))
    assert not sent
    chat = (
        Message(
            "user",
            f"{RUBRIC}\n\nPrompt:\nSay hello.\n\nResponse:\nHello!\n\n"
            "Rate the response on a scale from 2 to 4. Answer with the number alone.",
        ),
    )
    (logits,) = models.context.logits(models.base, [chat], ["2", "3", "4"])
    assert logits is not None
    weights = [math.exp(x) for x in logits]
    wanted = sum(n * w for n, w in zip((2, 3, 4), weights, strict=True)) / sum(weights)
    assert found == [pytest.approx(wanted), None, None]
    assert models.said == [("`judge` has no value by smollm2-135m-instruct: the row is too long", 1)]


@pytest.mark.model
def test_a_row_that_is_too_long_is_missing(models: Models) -> None:
    assert asked(models, rows(("Say hello.", "word " * 9_000)))[0] == [None]
    assert models.said == [("`judge` has no value by smollm2-135m-instruct: the row is too long", 1)]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"scale": Range(5, 1)}, "two ends"),
        ({"scale": Range(1, None)}, "two ends"),
        ({"scale": Range(1, 10), "method": "expected"}, "single digits"),
        ({"scale": Range(0.5, 4), "method": "expected"}, "single digits"),
        ({"prompt": None, "response": None}, "a rubric"),
        ({"rubric": " "}, "a rubric"),
        ({"max_tokens": 0}, "max_tokens"),
    ],
)
def test_what_cannot_be_rated(more: dict[str, Any], said: str) -> None:
    arguments = {"rubric": RUBRIC, "scale": Range(1, 5), **rows(("a", "b")), **more}
    with pytest.raises(OperatorError, match=said):
        judge(ModelSpec("bundled", "x", "1", "none"), **arguments, ctx=context())


def test_json_and_several_samples_averaged() -> None:
    """Structured output is asked for, and what is said is averaged over the samples that can be read."""
    sent: list[tuple[Request, Sampling]] = []
    said = iter(['{"reason": "short", "score": 4}', '```json\n{"reason": "好", "score": 5}\n```', "no", '{"score": 9}'])

    def ask(model: ModelSpec, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        sent.extend((request, sampling) for request in requests)
        return [Answer(next(said), "stop", 1, 1) for _ in requests]

    missing: list[tuple[str, int]] = []
    base = context()
    ctx = Context(1, base.embed, base.progress, ask=ask, missing=lambda reason, rows: missing.append((reason, rows)))
    model = ModelSpec("openai", "m", "", "http://localhost/v1", (("temperature", 0.9),))
    of = rows(("怎么煮鸡蛋？", "煮十分钟。"))
    found = judge(model, **of, rubric=RUBRIC, scale=Range(1, 5), method="json", samples=4, ctx=ctx)
    assert found.to_list() == [4.5]
    assert [request.sample for request, _ in sent] == [0, 1, 2, 3] and sent[0][1].temperature == 0.9
    assert json.loads(sent[0][0].schema)["properties"]["score"] == {"type": "number", "minimum": 1, "maximum": 5}
    assert "JSON" in sent[0][0].prompt[0].content and sent[0][1].max_tokens == 256  # type: ignore[union-attr]
    assert dict(missing) == {
        "`judge` has no value by m: the answer gives no number, or several": 1,
        "`judge` has no value by m: the answer is outside of 1..5": 1,
    }


def test_one_sample_is_greedy() -> None:
    sent: list[Sampling] = []

    def ask(model: ModelSpec, requests: Sequence[Request], sampling: Sampling) -> list[Answer]:
        sent.append(sampling)
        return [Answer("3", "stop", 1, 1) for _ in requests]

    base = context()
    ctx = Context(1, base.embed, base.progress, ask=ask)
    model = ModelSpec("openai", "m", "", "http://localhost/v1", (("temperature", 0.9),))
    judge(model, **rows(("a", "b")), rubric=RUBRIC, scale=Range(1, 5), ctx=ctx)
    assert sent == [Sampling(temperature=0, max_tokens=16)]
