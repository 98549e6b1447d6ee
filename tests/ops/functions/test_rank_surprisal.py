"""The ranks of a response's tokens over their surprisal, on a real model."""

from __future__ import annotations

import pytest

from tests.ops.functions.conftest import Models
from tests.ops.functions.questions import PROMPTS, RESPONSES, of_both, texts
from tunec.runtime.base.method import Message
from tunec.runtime.ops.functions.rank_surprisal import rank_surprisal

pytestmark = pytest.mark.model


def test_ranks_over_nats_by_hand(models: Models) -> None:
    import torch

    from tunec.runtime.models.chat import tokens
    from tunec.runtime.models.local import load
    from tunec.runtime.models.scores import given_ids

    found = of_both(models, rank_surprisal)
    assert [value is None for value in found] == [False, True, False, True, True, True]
    loaded = load(models.base)
    for place in (0, 2):
        before = given_ids(loaded, (Message("user", str(PROMPTS[place])),))
        answer = tokens(loaded.tokenizer, str(RESPONSES[place]))
        with torch.inference_mode():
            logits = loaded.model(torch.tensor([[*before, *answer]])).logits[0].float()
        ranks, nats = 0, 0.0
        for number, token in enumerate(answer, len(before) - 1):
            ranks += min(100, 1 + int((logits[number] > logits[number, token]).sum()))
            nats -= float(logits[number].log_softmax(-1)[token])
        assert found[place] == pytest.approx(ranks / nats, rel=1e-3)
        (loss,) = models.context.losses(models.base, [((Message("user", str(PROMPTS[place])),), str(RESPONSES[place]))])
        assert loss is not None and loss.nats == pytest.approx(nats, rel=1e-3)


def test_words_at_random_rank_far_below_a_sentence_and_too_long_is_told(models: Models) -> None:
    prompts = texts(["What colour is the sky?", "What colour is the sky?", "Go on."])
    responses = texts(["The sky is blue.", "Blue sky the plinth oregano.", "word " * 9_000])
    own, jumbled, long = rank_surprisal(prompts, responses, using=models.base, ctx=models.context).to_list()
    assert own < jumbled and long is None
    said = "`rank_surprisal` has no value: prompt and response are too long for smollm2-135m-instruct"
    assert models.said == [(said, 1)]
