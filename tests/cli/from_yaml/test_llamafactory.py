"""Configurations of LLaMA-Factory, with their `dataset_info.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.from_yaml.conftest import Begin, left
from tunec.from_yaml import NotUnderstood

TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
INFO: dict[str, Any] = {
    "identity": {"file_name": "identity.json"},
    "mine": {"file_name": "m.jsonl", "columns": {"prompt": "q", "query": "x", "response": "a", "system": "s"}},
    "talks": {
        "hf_hub_url": "org/talks",
        "subset": "de",
        "formatting": "sharegpt",
        "columns": {"messages": "conversations"},
    },
    "dialogues": {"file_name": "t.jsonl", "formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": TAGS},
    "pairs": {
        "file_name": "p.json",
        "ranking": True,
        "columns": {"prompt": "instruction", "chosen": "good", "rejected": "bad"},
    },
    "web": {"file_name": "w.jsonl", "columns": {"prompt": "text"}},
}
FORMATS = {
    "identity": "alpaca",
    "mine": '{instruction: "q", input: "x", response: "a", system: "s"}',
    "talks": "sharegpt",
    "dialogues": "messages",
    "pairs": '{prompt: "instruction", chosen: "good", rejected: "bad"}',
    "web": "text",
}


def training(begin: Begin, folder: Path, text: str, info: dict[str, Any] = INFO, where: str = "data") -> Any:
    """Starts from the configuration of a training in `examples/`, with the catalogue in a folder above."""
    place = folder / where
    place.mkdir(parents=True, exist_ok=True)
    (place / "dataset_info.json").write_text(json.dumps(info, ensure_ascii=False, indent="\t"), encoding="utf-8")
    return begin(text, "examples/lora/train.yaml")


def test_a_catalogue_alone(begin: Begin) -> None:
    begun = begin(json.dumps(INFO), "dataset_info.json")
    flat = " ".join(begun.text.split()).replace("( ", "(")
    for name, form in FORMATS.items():
        assert f"source {name} = " in flat and f"format: {form}" in flat
    assert 'hub("org/talks", split: "train", config: "de", format: sharegpt)' in flat
    assert "dataset data from [identity, mine, talks, dialogues] {" in flat
    assert "dataset data_preference from pairs {" in flat and "dataset data_text from web {" in flat
    assert not begun.left


@pytest.mark.parametrize("where", ["data", "examples/data", "examples/lora/data"])
def test_a_training_names_its_data_sets(begin: Begin, tmp_path: Path, where: str) -> None:
    begun = training(begin, tmp_path, "stage: sft\ndataset: identity, mine\nval_size: 0.1\n", where=where)
    seen = {"data": "../../data", "examples/data": "../data", "examples/lora/data": "data"}[where]
    assert f'source identity = json("{seen}/identity.json", format: alpaca)' in begun.text
    assert f'source mine = jsonl("{seen}/m.jsonl", ' in begun.text or f'"{seen}/m.jsonl",' in begun.text
    assert "dataset data from [identity, mine] {" in begun.text
    assert "split { train: 90%, validation: 10% }" in begun.text and not begun.left


def test_the_data_is_found_by_the_spec(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/identity.json").write_text('{"instruction": "a", "output": "b"}\n', encoding="utf-8")
    begun = training(begin, tmp_path, "dataset: identity\ncutoff_len: 10\n")
    # One object a line, whatever the name says: `datasets` reads both.
    assert 'jsonl("../../data/identity.json", format: alpaca)' in begun.text


TRAINING = """
model_name_or_path: HuggingFaceTB/SmolLM2-135M-Instruct
stage: sft
do_train: true
finetuning_type: lora
lora_rank: 4
lora_target: q_proj,v_proj
dataset: dialogues
cutoff_len: 1024
max_samples: 100
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
learning_rate: 1.0e-4
num_train_epochs: 2.0
lr_scheduler_type: cosine
warmup_ratio: 0.1
packing: true
template: qwen
"""


def test_a_training(begin: Begin, tmp_path: Path) -> None:
    begun = training(begin, tmp_path, TRAINING)
    flat = " ".join(begun.text.split()).replace("( ", "(").replace(", )", ")")
    assert "limit: 100, format: messages" in flat
    assert "lora(rank: 4, dropout: 0%, alpha: 8, modules: [q_proj, v_proj])" in flat
    for argument in (
        "epochs: 2", "learning_rate: 0.0001", "max_length: 1024", "batch_size: 8", "micro_batch_size: 1",
        "warmup: 10%", "packing: true", "schedule: cosine",
    ):  # fmt: skip
        assert argument in flat
    assert set(left(begun)) == {"template", "do_train"}


def test_defaults(begin: Begin, tmp_path: Path) -> None:
    model = "model_name_or_path: HuggingFaceTB/SmolLM2-135M-Instruct\nstage: sft\ndataset: dialogues\n"
    flat = " ".join(training(begin, tmp_path, model).text.split())
    assert "rank: 8, dropout: 0%, alpha: 16, modules: [q_proj, k_proj" in flat
    for argument in ("epochs: 3", "learning_rate: 5e-05", "max_length: 2048", "batch_size: 8", "schedule: linear"):
        assert argument in flat


@pytest.mark.parametrize(
    ("text", "shares", "told"),
    [
        ("mix_strategy: interleave_under\ninterleave_probs: 0.7,0.3", "mix { identity: 70%, mine: 30% }", ""),
        ("mix_strategy: interleave_under", "mix { identity: 50%, mine: 50% }", ""),
        (
            "mix_strategy: interleave_over\ninterleave_probs: 2,1",
            "mix { identity: 66.67%, mine: 33.33% }",
            "mix_strategy",
        ),
        ("mix_strategy: interleave_once\ninterleave_probs: 0.7,0.3", "", "interleave_probs"),
        ("mix_strategy: interleave_under\ninterleave_probs: 1", "", "interleave_probs"),
        ("mix_strategy: concat", "", ""),
    ],
)
def test_probabilities_are_shares(begin: Begin, tmp_path: Path, text: str, shares: str, told: str) -> None:
    begun = training(begin, tmp_path, f"dataset: identity,mine\n{text}\n")
    flat = " ".join(begun.text.split())
    assert shares in flat if shares else "mix {" not in flat
    assert set(left(begun)) == ({told} if told else set())


@pytest.mark.parametrize(
    ("entry", "key", "said"),
    [
        ({"columns": {"prompt": "p", "response": "r", "images": "i"}}, "columns.images", "pictures"),
        ({"formatting": "sharegpt", "tags": {"system_tag": "Q"}}, "tags.system_tag", "does not read 'Q' as 'system'"),
        ({"formatting": "sharegpt", "tags": {"role": "Q"}}, "tags.role", "does not know this key"),
        ({"ms_hub_url": "o/n", "file_name": None}, "ms_hub_url", "check that it is there"),
        ({"hf_hub_url": "o/n", "folder": "x"}, "folder", "the card of the data set"),
        ({"script_url": "x"}, "script_url", "never runs code"),
        ({"rankng": True}, "rankng", "did you mean `ranking`?"),
    ],
)
def test_what_an_entry_says_is_carried_or_told(begin: Begin, entry: dict[str, Any], key: str, said: str) -> None:
    info = {"other": {"file_name": "b.jsonl"}, "one": {"file_name": "a.jsonl"} | entry}
    assert said in left(begin(json.dumps(info), "dataset_info.json"))[f"one.{key}"]


@pytest.mark.parametrize(
    ("more", "columns", "written"),
    [
        ({}, {}, "format: llamafactory"),
        ({}, {"query": "input", "system": "system"}, "format: llamafactory"),
        ({"ranking": True}, {"chosen": "chosen", "rejected": "rejected"}, "format: llamafactory(preference)"),
        ({}, {"kto_tag": "kto_tag"}, "format: llamafactory(rated)"),
    ],
)
def test_earlier_turns_are_read(begin: Begin, more: dict[str, Any], columns: dict[str, str], written: str) -> None:
    named = {"prompt": "instruction", "response": "output", "history": "history", **columns}
    begun = begin(json.dumps({"one": {"file_name": "a.jsonl", "columns": named, **more}}), "dataset_info.json")
    assert f"{written})" in " ".join(begun.text.split()) or f"{written}," in " ".join(begun.text.split())
    assert not left(begun)


@pytest.mark.parametrize(
    ("more", "columns", "written"),
    [
        ({}, {}, '{history: "h", user: "p", assistant: "r"}'),
        ({}, {"query": "q", "system": "s"}, '{history: "h", user: "p", input: "q", assistant: "r", system: "s"}'),
        (
            {"ranking": True},
            {"query": "q", "chosen": "c", "rejected": "r"},
            'prompt: "p", input: "q", history: "h", chosen: "c", rejected: "r"',
        ),
        ({}, {"kto_tag": "k"}, '{prompt: "p", history: "h", completion: "r", label: "k"}'),
        ({}, {"kto_tag": "k", "history": ""}, '{prompt: "p", completion: "r", label: "k"}'),
    ],
)
def test_earlier_turns_under_other_names(
    begin: Begin, more: dict[str, Any], columns: dict[str, str], written: str
) -> None:
    named = {"prompt": "p", "response": "r", "history": "h", **columns}
    begun = begin(json.dumps({"one": {"file_name": "a.jsonl", "columns": named, **more}}), "dataset_info.json")
    assert written in " ".join(begun.text.split()), begun.text
    assert not left(begun)


def test_what_the_sides_are_called_is_carried(begin: Begin) -> None:
    tags = {**TAGS, "user_tag": "driver", "assistant_tag": "car"}
    entry = {"file_name": "t.jsonl", "formatting": "sharegpt", "columns": {"messages": "turns"}, "tags": tags}
    begun = begin(json.dumps({"talks": entry}), "dataset_info.json")
    assert 'format: {messages: "turns", user: "driver", assistant: "car"' in " ".join(begun.text.split())
    assert not left(begun)


def test_samples_are_drawn(begin: Begin) -> None:
    begun = begin(json.dumps({"one": {"file_name": "a.jsonl", "num_samples": 50}}), "dataset_info.json")
    assert "source one = sample(one_all, 50)" in begun.text


def test_evaluation_sets(begin: Begin, tmp_path: Path) -> None:
    begun = training(begin, tmp_path, "dataset: identity\neval_dataset: mine\n")
    assert "dataset held_out from mine {}" in begun.text


@pytest.mark.parametrize(
    ("stage", "objective", "name"), [("dpo", "dpo", "pairs"), ("pt", "pretrain", "web"), ("rm", "reward", "pairs")]
)
def test_stages(begin: Begin, tmp_path: Path, stage: str, objective: str, name: str) -> None:
    begun = training(begin, tmp_path, f"stage: {stage}\ndataset: {name}\nmodel_name_or_path: m\n")
    assert f"    {objective}(" in begun.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dataset: nope\nstage: sft", "train.yaml:1: dataset: dataset_info.json has no data set 'nope'"),
        ("dataset: identity\ndataset_dir: elsewhere", "train.yaml:2: dataset_dir: there is no elsewhere/dataset_info"),
        ("dataset: identity\ndataset_dir: 'REMOTE:a/b'", "a remote catalogue is not read"),
    ],
)
def test_what_is_not_there_is_told(begin: Begin, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(NotUnderstood, match=said.replace("(", r"\(")):
        training(begin, tmp_path, text)


def test_online(begin: Begin) -> None:
    assert 'hub("org/name", split: "train", format: alpaca)' in begin("dataset_dir: ONLINE\ndataset: org/name").text


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ({"a": {"file_name": "a.json", "formatting": "chatml"}}, "dataset_info.json:1: a.formatting: 'chatml' is not"),
        ({"a": {"file_name": "a.json", "columns": ["prompt"]}}, "dataset_info.json:1: a.columns: expected a mapping"),
    ],
)
def test_what_is_wrong_is_told(begin: Begin, info: dict[str, Any], said: str) -> None:
    with pytest.raises(NotUnderstood, match=said):
        begin(json.dumps(info), "dataset_info.json")
