"""Configurations of TRL's command line."""

from __future__ import annotations

import pytest

from tests.cli.from_yaml.conftest import Begin, left
from tunec.from_yaml import NotUnderstood

SFT = """
model_name_or_path: HuggingFaceTB/SmolLM2-135M-Instruct
datasets: [{path: a.jsonl, columns: [messages]}]
use_peft: true
lora_r: 8
lora_target_modules: all-linear
assistant_only_loss: true
num_train_epochs: 1
max_length: 256
packing: true
warmup_steps: 0.1
seed: 7
output_dir: out
"""


def test_a_training(begin: Begin) -> None:
    begun = begin(SFT)
    flat = " ".join(begun.text.split()).replace("( ", "(").replace(", )", ")")
    assert 'jsonl("a.jsonl", format: messages)' in flat
    assert 'spec conf(version: "0.0.0", seed: 7)' in flat
    assert "lora(rank: 8, alpha: 32, dropout: 5%, modules: [q_proj, k_proj, v_proj, o_proj, gate_proj" in flat
    for argument in (
        "epochs: 1", "learning_rate: 2e-05", "max_length: 256", "batch_size: 8", "warmup: 10%", "packing: true",
        "schedule: linear",
    ):  # fmt: skip
        assert argument in flat
    assert set(left(begun)) == {"output_dir"}


def test_texts(begin: Begin) -> None:
    begun = begin("dataset_name: a.jsonl\ndataset_text_field: body\nmodel_name_or_path: m\n")
    assert 'jsonl("a.jsonl", format: {text: "body"})' in begun.text
    assert "    pretrain(" in begun.text  # on texts, `trl sft` learns every token


def test_a_mixture_has_shares(begin: Begin) -> None:
    begun = begin(
        "model_name_or_path: m\ntest_split_size: 0.2\n"
        "datasets:\n"
        "  - {path: org/a, name: main, columns: [messages], fraction: 3}\n"
        "  - {path: b.jsonl, columns: [prompt, completion], fraction: 1}\n"
    )
    flat = " ".join(begun.text.split())
    assert 'hub("org/a", split: "train", config: "main", format: messages)' in flat
    assert '"b.jsonl", format: {instruction: "prompt", response: "completion"}' in flat
    assert "mix { a: 75%, b: 25% }" in flat and "split { train: 80%, validation: 20% }" in flat


def test_what_a_mixture_overrides_is_told(begin: Begin) -> None:
    begun = begin(
        "dataset_name: org/x\nmodel_name_or_path: m\nuse_peft: true\ndatasets: [{path: org/a, data_dir: d}]\n"
    )
    assert "org/x" not in begun.text
    assert "goes before it" in left(begun)["dataset_name"] and "the card" in left(begun)["datasets[0].data_dir"]


def test_evaluation(begin: Begin) -> None:
    begun = begin("dataset_name: org/a\ndataset_config: de\neval_strategy: steps\ndataset_test_split: dev\n")
    flat = " ".join(begun.text.split()).replace("( ", "(")
    assert 'hub("org/a", split: "dev", config: "de", format: auto(rows: chat))' in flat
    assert "dataset held_out from a_2 {}" in flat


def test_preferences(begin: Begin) -> None:
    begun = begin("dataset_name: org/a\nmodel_name_or_path: m\nbeta: 0.05\n")
    assert "format: preference)" in begun.text and "    dpo(" in begun.text and "beta: 0.05" in begun.text


@pytest.mark.parametrize("key", ["desirable_weight: 1.5", "num_generations: 8"])
def test_rows_that_do_not_exist_yet_stand_as_a_comment_or_are_read(begin: Begin, key: str) -> None:
    try:
        begun = begin(f"dataset_name: org/a\nmodel_name_or_path: m\n{key}\n")
    except NotUnderstood:
        pytest.fail("a configuration whose rows are not supported is still a spec")
    assert "org/a" in begun.text


def test_columns_that_are_not_named_are_guessed_and_told(begin: Begin) -> None:
    begun = begin("dataset_name: org/a\n")
    assert "format: auto(rows: chat)" in begun.text and "check it" in left(begun)["the file"]


def test_no_data(begin: Begin) -> None:
    with pytest.raises(NotUnderstood, match=r"entry 1 of `datasets` has no `path`"):
        begin("model_name_or_path: m\ndatasets: [{name: a}]\n")
