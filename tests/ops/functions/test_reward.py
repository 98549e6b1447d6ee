"""The log-odds that a response is correct and helpful, in the eyes of the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.building import build, rows
from tests.ops.functions.conftest import Models
from tests.ops.functions.questions import PROMPTS, RESPONSES, odds, of_both, texts, too_long_is_told
from tests.training.tiny import byte_tokenizer
from tunec.runtime.engine.engine import StepFailed
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


SPEC = """
spec s(version: "1.0.0-dev")
source i = jsonl("i.jsonl", format: alpaca)
model rm = local("rm")
dataset d from i { let worth = reward(using: rm) }
"""


def head(folder: Path, template: bool = True, **more: Any) -> Any:
    """A reward model of one layer that reads bytes, with a head of random weights."""
    import torch
    from transformers import LlamaConfig, LlamaForSequenceClassification

    tokenizer = byte_tokenizer()
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=256, **{"num_labels": 1, **more},
    )  # fmt: skip
    model = LlamaForSequenceClassification(config).eval()
    model.save_pretrained(folder)
    if not template:
        tokenizer.chat_template = None
    tokenizer.save_pretrained(folder)
    return model


@pytest.mark.parametrize("template", [True, False])
def test_a_model_with_a_head_gives_its_number(tmp_path: Path, template: bool) -> None:
    import torch

    model, tokenizer = head(tmp_path / "rm", template), byte_tokenizer()
    texts = [("Say hi.", "Hi!"), ("说你好。", "你好！"), ("Go on.", "word " * 99), ("Go on.", " ")]
    lines = [json.dumps({"instruction": p, "input": "", "output": r}) + "\n" for p, r in texts]
    (tmp_path / "i.jsonl").write_text("".join(lines), encoding="utf-8")
    result = build(tmp_path, SPEC)
    found = dict(rows(result, "d").select("instruction", "worth").iter_rows())
    for prompt, response in texts[:2]:
        chat = [{"role": "user", "content": prompt}, {"role": "assistant", "content": response}]
        text = tokenizer.apply_chat_template(chat, tokenize=False) if template else prompt + response
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        with torch.inference_mode():
            assert found[prompt] == pytest.approx(float(model(torch.tensor([ids])).logits[0, 0]), abs=1e-3)
    assert found["Go on."] is None
    assert any("1 row: `reward` has no value: too long for rm" in warning for warning in result.reporter.warnings)


def test_a_head_of_several_numbers_is_no_reward(tmp_path: Path) -> None:
    head(tmp_path / "rm", num_labels=2)
    (tmp_path / "i.jsonl").write_text('{"instruction": "a", "input": "", "output": "b"}\n', encoding="utf-8")
    with pytest.raises(StepFailed, match="rm gives 2 numbers for a text; a reward model gives one"):
        build(tmp_path, SPEC)
