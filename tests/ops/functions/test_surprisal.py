"""Nats per token of a response after its prompt in the model's chat template."""

from __future__ import annotations

import pytest

from tests.ops.functions.conftest import Models
from tests.ops.functions.questions import PROMPTS, RESPONSES, of_both, texts
from tunec.runtime.base.method import Message
from tunec.runtime.ops.functions.surprisal import surprisal

pytestmark = pytest.mark.model


def test_nats_per_token_after_the_prompt(models: Models) -> None:
    found = of_both(models, surprisal)
    assert [value is None for value in found] == [False, True, False, True, True, True]
    for place in (0, 2):
        given = ((Message("user", str(PROMPTS[place])),), str(RESPONSES[place]))
        (loss,) = models.context.losses(models.base, [given])
        assert loss is not None and found[place] == pytest.approx(loss.nats / loss.tokens)


def test_another_prompt_surprises_more_and_too_long_is_told(models: Models) -> None:
    prompts = texts(["What colour is the sky?", "Name a fish.", "Go on."])
    responses = texts(["The sky is blue.", "The sky is blue.", "word " * 9_000])
    own, other, long = surprisal(prompts, responses, using=models.base, ctx=models.context).to_list()
    assert own < other and long is None
    assert models.said == [("`surprisal` has no value: prompt and response are too long for smollm2-135m-instruct", 1)]
