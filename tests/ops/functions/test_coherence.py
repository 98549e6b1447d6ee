"""The questions of UniEval, and the generative reward, which is one more."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from tests.ops.functions.conftest import Models
from tunec.runtime.ops.functions.coherence import coherence
from tunec.runtime.ops.functions.naturalness import naturalness
from tunec.runtime.ops.functions.reward import reward
from tunec.runtime.ops.functions.understandability import understandability

pytestmark = pytest.mark.model

ALONE = {
    naturalness: "question: Is this a natural response in the dialogue?\nresponse: {r}\nanswer:",
    understandability: "question: Is this an understandable response in the dialogue?\nresponse: {r}\nanswer:",
}
TOGETHER = {
    coherence: (
        "question: Is this a coherent response given the dialogue history?\n"
        "response: {r}\ndialogue history: {p}\nanswer:"
    ),
    reward: "question: Is this a correct and helpful response to the prompt?\nprompt: {p}\nresponse: {r}\nanswer:",
}
PROMPTS = ["Name a colour with {r} in it.", None, "天空是什么颜色？", "Name a colour."]
RESPONSES = ["Green is one.", "Blue.", "天空是蓝色的。", None]


def texts(values: list[str | None]) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def odds(models: Models, question: str, prompt: str, response: str) -> float:
    (found,) = models.context.logits(models.base, [question.format(p=prompt, r=response)], [" Yes", " No"])
    assert found is not None
    return found[0] - found[1]


@pytest.mark.parametrize("function", ALONE, ids=lambda f: f.__name__)
def test_the_share_of_yes(models: Models, function: Callable[..., pl.Series]) -> None:
    found = function(texts([*RESPONSES, " "]), using=models.base, ctx=models.context).to_list()
    assert found[3:] == [None, None]
    for value, response in zip(found, RESPONSES[:3], strict=False):
        assert response is not None
        x = odds(models, ALONE[function], "", response)
        assert value == pytest.approx(math.exp(x) / (1 + math.exp(x)))


def test_coherence_sees_the_prompt(models: Models) -> None:
    found = coherence(texts(PROMPTS), texts(RESPONSES), using=models.base, ctx=models.context).to_list()
    assert [value is None for value in found] == [False, True, False, True]
    for place in (0, 2):
        x = odds(models, TOGETHER[coherence], str(PROMPTS[place]), str(RESPONSES[place]))
        assert found[place] == pytest.approx(math.exp(x) / (1 + math.exp(x)))
    other = coherence(texts(["Name a sea."]), texts(RESPONSES[:1]), using=models.base, ctx=models.context)[0]
    assert other != found[0]


def test_reward_is_the_log_odds(models: Models) -> None:
    found = reward(texts(PROMPTS), texts(RESPONSES), using=models.base, ctx=models.context).to_list()
    assert [value is None for value in found] == [False, True, False, True]
    for place in (0, 2):
        assert found[place] == pytest.approx(odds(models, TOGETHER[reward], str(PROMPTS[place]), str(RESPONSES[place])))


@pytest.mark.parametrize("function", [*ALONE, *TOGETHER], ids=lambda f: f.__name__)
def test_too_long_for_the_model_is_missing_and_told(models: Models, function: Callable[..., Any]) -> None:
    long = texts(["word " * 9_000])
    more = (texts(["Go on."]), long) if function in TOGETHER else (long,)
    assert function(*more, using=models.base, ctx=models.context).to_list() == [None]
    name = function.__name__
    assert models.said == [(f"`{name}` has no value: too long for smollm2-135m-instruct", 1)]
