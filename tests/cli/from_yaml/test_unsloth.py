"""Configurations of Unsloth."""

from __future__ import annotations

import pytest

from tests.cli.from_yaml.conftest import Begin, left
from tunec.from_yaml import NotUnderstood

CONFIG = """
model: HuggingFaceTB/SmolLM2-135M-Instruct
data:
  dataset: org/a
  local_dataset: [b.jsonl]
  format_type: alpaca
training:
  training_type: lora
  max_seq_length: 1024
  load_in_4bit: true
  num_epochs: 2
  learning_rate: 0.0001
  batch_size: 2
  gradient_accumulation_steps: 4
  warmup_steps: 5
  weight_decay: 0.02
  random_seed: 3407
  packing: true
  train_on_completions: true
lora:
  lora_r: 32
  lora_alpha: 8
  target_modules: "q_proj,v_proj"
  use_rslora: true
logging:
  wandb_token: secret-of-somebody
  enable_wandb: true
"""


def test_a_training(begin: Begin) -> None:
    begun = begin(CONFIG)
    flat = " ".join(begun.text.split()).replace("( ", "(").replace(", )", ")")
    assert 'spec conf(version: "0.0.0", seed: 3407)' in flat
    assert 'hub("org/a", split: "train", format: alpaca)' in flat and 'jsonl("b.jsonl", format: alpaca)' in flat
    assert "lora(rank: 32, alpha: 8, dropout: 0%, modules: [q_proj, v_proj])" in flat
    for argument in (
        "epochs: 2", "learning_rate: 0.0001", "weight_decay: 0.02", "max_length: 1024", "batch_size: 8",
        "micro_batch_size: 2", "packing: true",
    ):  # fmt: skip
        assert argument in flat
    assert set(left(begun)) == {"training.load_in_4bit", "training.warmup_steps", "lora.use_rslora", "logging"}
    assert "secret" not in begun.text and not any("secret" in str(said) for said in begun.left)


@pytest.mark.parametrize(
    ("kind", "form"),
    [("chatml", "messages"), ("sharegpt", "sharegpt"), ("raw", "text"), ("auto", "auto(rows: chat)")],
)
def test_formats(begin: Begin, kind: str, form: str) -> None:
    begun = begin(f"data: {{dataset: org/a, format_type: {kind}}}\nmodel: m\n")
    assert f"format: {form})" in begun.text
    assert ("    pretrain(" in begun.text) == (kind == "raw")
    # Unsloth trains every turn unless it is told otherwise.
    assert "data" in left(begun) or kind != "auto"


def test_no_data(begin: Begin) -> None:
    with pytest.raises(NotUnderstood, match="neither `dataset` nor `local_dataset`"):
        begin("data: {format_type: alpaca}\n")
