"""Scores of texts by the real model, against what transformers computes by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.needs import needs
from tunec.runtime.base.method import Loss, Message
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.scores import logits, losses
from tunec.runtime.ops.models.bundled import bundled
from tunec.runtime.store.store import Store
from tunec.runtime.text.vectors import quiet

pytestmark = pytest.mark.model
needs("torch", "transformers")

ASKED = (Message("user", "Is Paris in France? Answer Yes or No."),)


@pytest.fixture(scope="module")
def base() -> ModelSpec:
    return bundled("smollm2-135m-instruct", batch_size=2)


@pytest.fixture(scope="module")
def loaded(base: ModelSpec) -> Any:
    from tunec.runtime.models.local import load

    return load(base)


def direct(loaded: Any, given: list[int], text: str) -> float:
    import torch

    ids = loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
    whole = torch.tensor([[*given, *ids]])
    with torch.inference_mode():
        chances = loaded.model(input_ids=whole).logits[0].log_softmax(-1)
    places = range(len(given), len(given) + len(ids))
    return -sum(float(chances[p - 1, whole[0, p]]) for p in places)


def test_losses_are_what_transformers_computes(tmp_path: Path, base: ModelSpec, loaded: Any) -> None:
    pairs = [("", "The cat sat on the mat."), ("The cat sat on the", " mat."), (ASKED, "Yes."), ("你好", "，世界！")]
    found, computed = losses(Store(tmp_path), base, pairs, quiet)
    assert computed == 4
    start = [loaded.tokenizer.bos_token_id]
    chat = loaded.tokenizer.apply_chat_template(
        [{"role": "user", "content": ASKED[0].content}], add_generation_prompt=True, tokenize=False
    )
    given = [
        start,
        start + loaded.tokenizer("The cat sat on the")["input_ids"],
        loaded.tokenizer(chat, add_special_tokens=False)["input_ids"],
        start + loaded.tokenizer("你好")["input_ids"],
    ]
    for one, before, (_, text) in zip(found, given, pairs, strict=True):
        assert one is not None
        assert one.nats == pytest.approx(direct(loaded, before, text), abs=2e-3)
        assert one.nats == round(one.nats, 4)
        assert one.tokens == len(loaded.tokenizer(text)["input_ids"])


def test_scores_are_recorded(tmp_path: Path, base: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [("", "One."), ("Two", " three."), ("", "One.")]
    first, computed = losses(Store(tmp_path), base, pairs, quiet)
    assert computed == 2
    assert first[0] == first[2]
    likely = logits(Store(tmp_path), base, [ASKED], ("Yes", "No"), quiet)[0]
    monkeypatch.setattr("tunec.runtime.models.local.load", None)
    store = Store(tmp_path)
    # How the model samples has nothing to do with its scores.
    warm = bundled("smollm2-135m-instruct", batch_size=2, temperature=1.5)
    assert losses(store, warm, pairs[::-1], quiet) == (first[::-1], 0)
    assert logits(store, warm, [ASKED], ("Yes", "No"), quiet) == (likely, 0)
    assert len(store.touched) == 2


def test_nothing_to_score_and_too_much(tmp_path: Path, base: ModelSpec) -> None:
    long = "word " * 9_000
    found, _ = losses(Store(tmp_path), base, [("", ""), (long, "end"), ("", "end")], quiet)
    assert found[:2] == [Loss(0.0, 0), None]
    assert found[2] is not None
    assert logits(Store(tmp_path), base, [long], ("Yes", "No"), quiet)[0] == [None]


def test_a_long_text_is_read_in_stretches(
    tmp_path: Path, base: ModelSpec, loaded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    text = "Once upon a time there was a fox that lived in a wood and had never seen the sea."
    ids = loaded.tokenizer(text)["input_ids"]
    monkeypatch.setattr("tunec.runtime.models.scoring.WINDOW", 8)
    (found,), _ = losses(Store(tmp_path), base, [("", text)], quiet)
    assert found is not None
    assert found.tokens == len(ids) > 8
    before, total = loaded.tokenizer.bos_token_id, 0.0
    for start in range(0, len(ids), 7):
        part = ids[start : start + 7]
        with torch.inference_mode():
            chances = loaded.model(input_ids=torch.tensor([[before, *part]])).logits[0].log_softmax(-1)
        total -= sum(float(chances[n, token]) for n, token in enumerate(part))
        before = part[-1]
    assert found.nats == pytest.approx(total, abs=2e-3)


def test_logits_are_those_of_the_first_tokens(tmp_path: Path, base: ModelSpec, loaded: Any) -> None:
    import torch

    found, _ = logits(Store(tmp_path), base, [ASKED, "The sky is"], ("Yes", "No", "7"), quiet)
    ids = [loaded.tokenizer.bos_token_id, *loaded.tokenizer("The sky is")["input_ids"]]
    with torch.inference_mode():
        last = loaded.model(input_ids=torch.tensor([ids])).logits[0, -1]
    wanted = [float(last[loaded.tokenizer(word)["input_ids"][0]]) for word in ("Yes", "No", "7")]
    assert found[1] == pytest.approx(wanted, abs=2e-3)
    assert found[0] != found[1]


def test_candidates_that_begin_alike_cannot_be_told(tmp_path: Path, base: ModelSpec) -> None:
    with pytest.raises(OperatorError, match="`1`, `10` with the same token"):
        logits(Store(tmp_path), base, ["I rate it"], ("1", "10"), quiet)
