"""The log-odds that a response is correct and helpful, in the eyes of the model."""

from __future__ import annotations

import pytest

from tests.ops.functions.conftest import Models
from tests.ops.functions.questions import PROMPTS, RESPONSES, odds, of_both, texts, too_long_is_told
from tunec.runtime.ops.functions.reward import reward

pytestmark = pytest.mark.model


def question(prompt: str | None, response: str | None) -> str:
    return (
        "question: Is this a correct and helpful response to the prompt?\n"
        f"prompt: {prompt}\nresponse: {response}\nanswer:"
    )


def test_the_log_odds(models: Models) -> None:
    found = of_both(models, reward)
    assert [value is None for value in found] == [False, True, False, True, True, True]
    for place in (0, 2):
        assert found[place] == pytest.approx(odds(models, question(PROMPTS[place], RESPONSES[place])))


def test_the_prompt_counts(models: Models) -> None:
    prompts = texts(["Name a colour.", "Name a sea.", "说出一种颜色。", "说出一个海。"])
    responses = texts(["Green is one."] * 2 + ["绿色是一种。"] * 2)
    found = reward(prompts, responses, using=models.base, ctx=models.context)
    assert found.n_unique() == 4


def test_too_long_for_the_model_is_missing_and_told(models: Models) -> None:
    too_long_is_told(models, reward, "Go on.")
