"""Whether the model finds that a response follows from its prompt."""

from __future__ import annotations

import pytest

from tests.ops.functions.conftest import Models
from tests.ops.functions.questions import PROMPTS, RESPONSES, of_both, share, texts, too_long_is_told
from tunec.runtime.ops.functions.coherence import coherence

pytestmark = pytest.mark.model


def question(prompt: str | None, response: str | None) -> str:
    return (
        "question: Is this a coherent response given the dialogue history?\n"
        f"response: {response}\ndialogue history: {prompt}\nanswer:"
    )


def test_the_share_of_yes(models: Models) -> None:
    found = of_both(models, coherence)
    assert [value is None for value in found] == [False, True, False, True, True, True]
    for place in (0, 2):
        assert found[place] == pytest.approx(share(models, question(PROMPTS[place], RESPONSES[place])))


def test_the_prompt_counts(models: Models) -> None:
    prompts = texts(["Name a colour.", "Name a sea.", "说出一种颜色。", "说出一个海。"])
    responses = texts(["Green is one."] * 2 + ["绿色是一种。"] * 2)
    found = coherence(prompts, responses, using=models.base, ctx=models.context)
    assert found.n_unique() == 4


def test_too_long_for_the_model_is_missing_and_told(models: Models) -> None:
    too_long_is_told(models, coherence, "Go on.")
