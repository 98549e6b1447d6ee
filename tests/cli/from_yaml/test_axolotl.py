"""Configurations of axolotl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.from_yaml.conftest import Begin, left
from tunec.from_yaml import NotUnderstood

TRAINING = """
base_model: HuggingFaceTB/SmolLM2-135M-Instruct
datasets: [{path: a.jsonl, type: chat_template}]
adapter: lora
lora_r: 8
lora_alpha: 64
lora_dropout: 0.1
lora_target_modules: [q_proj, v_proj]
sequence_len: 4096
sample_packing: true
micro_batch_size: 2
gradient_accumulation_steps: 8
num_epochs: 4
learning_rate: 2e-4
lr_scheduler: linear
warmup_ratio: 0.1
weight_decay: 0.01
seed: 42
val_set_size: 0.05
"""


def test_a_training_is_carried_whole(begin: Begin) -> None:
    begun = begin(TRAINING)
    assert not begun.left
    assert 'spec conf(version: "0.0.0", seed: 42)' in begun.text
    assert 'source a = jsonl("a.jsonl", format: messages)' in begun.text
    assert "split { train: 95%, validation: 5% }" in begun.text
    assert 'model base = bundled("smollm2-135m-instruct")' in begun.text
    flat = " ".join(begun.text.split())
    assert "lora(dropout: 10%, rank: 8, alpha: 64, modules: [q_proj, v_proj])" in flat
    for argument in (
        "epochs: 4", "max_length: 4096", "learning_rate: 0.0002", "weight_decay: 0.01", "batch_size: 16",
        "micro_batch_size: 2", "warmup: 10%", "packing: true", "schedule: linear",
    ):  # fmt: skip
        assert argument in flat


def test_defaults_of_axolotl_are_written_where_ours_differ(begin: Begin) -> None:
    begun = begin(
        f"{TRAINING}\nsequence_len:\nnum_epochs:\nlora_dropout:\nwarmup_ratio:\n".split("sequence_len: 4096")[0]
    )
    flat = " ".join(begun.text.split())
    assert "max_length: 512" in flat and "epochs: 1" in flat and "warmup: 0%" in flat and "batch_size: 1" in flat


def test_qlora_is_carried(begin: Begin) -> None:
    begun = begin(
        "base_model: org/big\nadapter: qlora\nlora_target_linear: true\ndatasets: [{path: a.jsonl, type: alpaca}]"
    )
    flat = " ".join(begun.text.split())
    assert 'model base = local("org/big")' in begun.text and "base_model" not in left(begun)
    assert "qlora(" in flat and "[q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj]" in flat


TYPES = {
    "alpaca": "alpaca",
    "gpteacher": '{instruction: "instruction", input: "input", response: "response"}',
    "alpaca_chat.load_qa": '{instruction: "question", response: "answer"}',
    "alpaca_w_system.load_open_orca": '{instruction: "question", response: "response", system: "system_prompt"}',
    "oasst": '{instruction: "INSTRUCTION", response: "RESPONSE"}',
    "completion": "text",
    "sharegpt": "sharegpt",
    "chat_template": "messages",
    "{field_instruction: q, field_input: i, field_output: a, field_system: s}": (
        '{instruction: "q", input: "i", response: "a", system: "s"}'
    ),
    "own_code.load": "auto",
}


@pytest.mark.parametrize("kind", TYPES)
def test_types(begin: Begin, kind: str) -> None:
    begun = begin(f"datasets:\n  - path: a.jsonl\n    type: {kind}\n")
    assert f"format: {TYPES[kind]})" in " ".join(begun.text.split()).replace("( ", "(").replace(", )", ")")


@pytest.mark.parametrize(
    ("entry", "key", "said"),
    [
        ("type: alpaca", "type", "the wording of its prompt is not"),
        ("type: own.load", "type", "check it"),
        ("path: b.jsonl", "", "token ids"),
        ("{type: alpaca, shards: 10}", "shards", "reads all of its rows"),
        ("{type: {format: '[INST] {instruction}'}}", "type.format", "chat template"),
        ("{type: {system_prompt: Be kind.}}", "type.system_prompt", "set(system: …)"),
        ("{type: chat_template, roles: {user: [narrator]}}", "roles.user", "does not read 'narrator' as 'user'"),
        ("{type: chat_template, roles: {user: [assistant]}}", "roles.user", "does not read 'assistant' as 'user'"),
        ("{type: chat_template, roles_to_train: []}", "roles_to_train", "the assistant's turns"),
        ("{type: chat_template, roles_to_train: [user]}", "roles_to_train", "the assistant's turns"),
        ("{type: chat_template, train_on_eos: last}", "train_on_eos", "end token of each turn"),
        ("{type: chat_template, message_field_training: t}", "message_field_training", "mask"),
        ("{type: chat_template, drop_system_message: true}", "drop_system_message", "system turns stay"),
        (
            "{type: chat_template, message_property_mappings: {calls: c}}",
            "message_property_mappings.calls",
            "role and content",
        ),
        ("{type: alpaca, trust_remote_code: true}", "trust_remote_code", "never runs code"),
        ("{type: alpaca, split: 'train[10:20]'}", "split", "its first rows"),
        ("{type: alpaca, shrads: 1}", "shrads", "did you mean `shards`?"),
    ],
)
def test_what_an_entry_says_is_carried_or_told(begin: Begin, entry: str, key: str, said: str) -> None:
    inner = entry[1:-1] if entry.startswith("{") else entry
    begun = begin(f"datasets:\n  - {{path: org/a, {inner}}}\n" if "path" not in entry else f"datasets: [{{{inner}}}]\n")
    assert said in left(begun)[f"datasets[0].{key}" if key else "datasets[0]"]


@pytest.mark.parametrize("tools", [False, True])
@pytest.mark.parametrize("rl", [False, True])
def test_a_column_that_only_the_defaults_name_may_be_missing(
    begin: Begin, tmp_path: Path, tools: bool, rl: bool
) -> None:
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    answers = {"chosen": turns[1], "rejected": turns[1]} if rl else {}
    row = {"talk": turns, **answers, **({"tools": [{"name": "f"}]} if tools else {})}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    kind = "chat_template.default" if rl else "chat_template"
    begun = begin(f"{'rl: dpo' if rl else ''}\ndatasets:\n  - {{path: a.jsonl, type: {kind}, field_messages: talk}}\n")
    assert ('tools: "tools"' in begun.text) is tools


def test_a_name_in_a_text_is_no_column(begin: Begin, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": 'What is "tools"?'}, {"role": "assistant", "content": "a"}]
    (tmp_path / "a.jsonl").write_text(json.dumps({"talk": turns, "note": "tools"}) + "\n", encoding="utf-8")
    begun = begin("datasets:\n  - {path: a.jsonl, type: chat_template, field_messages: talk}\n")
    assert 'tools: "tools"' not in begun.text


def test_a_data_set_that_is_named_twice_is_written_once(begin: Begin) -> None:
    begun = begin("datasets:\n  - {path: a.jsonl, type: alpaca}\n  - {path: a.jsonl, type: alpaca}\n")
    assert begun.text.count("jsonl(") == 1 and "from a {" in begun.text
    assert "named twice" in left(begun)["datasets[1]"]


def test_a_number_that_no_argument_takes_is_not_carried(begin: Begin) -> None:
    begun = begin(
        "base_model: org/m\nadapter: lora\nsequence_len: -1\nlora_r: 0\ndatasets: [{path: a.jsonl, type: alpaca}]\n"
    )
    assert "max_length" not in begun.text.partition("# What is left")[0]
    assert "does not take this" in left(begun)["sequence_len"] and "does not take this" in left(begun)["lora_r"]


def test_turns_with_other_names(begin: Begin) -> None:
    begun = begin(
        "datasets:\n"
        "  - {path: a.jsonl, type: chat_template, field_messages: talk, message_field_role: who,\n"
        "     message_field_content: said}\n"
        "  - {path: b.jsonl, type: chat_template, field_messages: conversations,\n"
        "     message_property_mappings: {role: from, content: value}, roles: {user: [human], assistant: [gpt]}}\n"
    )
    assert 'a.jsonl", format: {messages: "talk", tools: "tools", role: "who", content: "said"},)' in " ".join(
        begun.text.split()
    ).replace("( ", "(").replace(", )", ",)")
    assert 'b.jsonl", format: sharegpt)' in begun.text
    assert not begun.left


def test_places(begin: Begin) -> None:
    begun = begin(
        "datasets:\n"
        "  - {path: org/a, name: de, split: 'train[:500]', revision: abc, type: oasst}\n"
        "  - {path: org/b, data_files: [x/1.jsonl], revision: abc, type: oasst}\n"
        "  - {path: json, data_files: [x/2.jsonl, x/3.jsonl.zst], type: oasst}\n"
        "  - {path: ./folder, ds_type: parquet, type: oasst}\n"
        "  - {path: 's3://bucket/f.parquet', type: oasst}\n"
        "  - {path: table.tsv, type: oasst}\n"
        "  - {path: notes.txt, type: completion}\n"
    )
    flat = " ".join(begun.text.split()).replace("( ", "(")
    assert 'hub("org/a", split: "train", config: "de", revision: "abc", limit: 500, format:' in flat
    assert 'jsonl("hf://datasets/org/b@abc/x/1.jsonl", format:' in flat
    assert 'jsonl("x/2.jsonl", ' in flat and 'jsonl("x/3.jsonl.zst", ' in flat
    assert 'parquet("./folder/*.parquet", ' in flat and "check which files" in left(begun)["datasets[3]"]
    assert 'parquet("s3://bucket/f.parquet", ' in flat
    assert r'csv("table.tsv", separator: "\t", ' in flat
    assert 'text("notes.txt")' in flat


PAIRS = {
    "chatml.intel": '{prompt: "question", chosen: "chosen", rejected: "rejected", system: "system"}',
    "llama3.argilla": (
        '{prompt: "instruction", chosen: "chosen_response", rejected: "rejected_response", system: "system"}'
    ),
    "chatml.prompt_pairs": "preference",
    "chat_template.argilla": "preference",
    "chatml": "auto(rows: preference)",
    "{field_prompt: q, field_chosen: good, field_rejected: bad}": '{prompt: "q", chosen: "good", rejected: "bad"}',
}


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("method", ["dpo", "orpo"])
def test_preferences(begin: Begin, kind: str, method: str) -> None:
    begun = begin(f"rl: {method}\nbase_model: org/m\nrl_beta: 0.2\ndatasets:\n  - path: a.jsonl\n    type: {kind}\n")
    flat = " ".join(begun.text.split()).replace("( ", "(").replace("{ ", "{").replace(", }", "}").replace(", )", ")")
    assert f"format: {PAIRS[kind]})" in flat
    assert f"    {method}(" in begun.text and "beta: 0.2" in begun.text


def test_what_is_tested_on_is_a_data_set_of_its_own(begin: Begin) -> None:
    begun = begin(TRAINING + "test_datasets: [{path: t.jsonl, type: chat_template}]")
    assert 'source t = jsonl("t.jsonl", format: messages)' in begun.text
    assert "dataset held_out from t {}" in begun.text
    assert "evaluate scores of [base, tuned] { perplexity(on: held_out) }" in begun.text


def test_rows_that_cannot_stand_together_are_told(begin: Begin) -> None:
    begun = begin(
        "datasets:\n  - {path: a.jsonl, type: oasst}\n  - {path: b.jsonl, type: chat_template}\n"
        "  - {path: c.jsonl, type: completion}\n"
    )
    assert "dataset data from [a, b] {" in begun.text and "dataset data_text from c {" in begun.text
    assert left(begun)["datasets[2]"] == "text rows cannot be combined with instruction rows in one data set"


def test_pretraining(begin: Begin) -> None:
    begun = begin("pretraining_dataset:\n  - {path: org/web, name: en, text_column: body, skip: 5}\n")
    assert 'config: "en", format: {text: "body"}' in " ".join(begun.text.split())
    assert set(left(begun)) == {"pretraining_dataset[0].skip"}
    assert 'hub("org/web", split: "train", format: text)' in begin("pretraining_dataset: org/web").text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("train_on_inputs: true", "train_on_inputs"),
        ("val_set_size: 200", "val_set_size"),
        ("warmup_steps: 10\nbase_model: m", "warmup_steps"),
        ("micro_batch_size: two\nbase_model: m", "micro_batch_size"),
        ("learning_rate: fast\nbase_model: m", "learning_rate"),
        ("wandb_project: x", "wandb_project"),
        ("chat_template: chatml", "chat_template"),
        ("flash_attention: true", "flash_attention"),
        ("optimizer: muon", "optimizer"),
        ("squence_len: 5", "squence_len"),
    ],
)
def test_settings_are_told_where_they_are_not_carried(begin: Begin, text: str, key: str) -> None:
    begun = begin(f"datasets: [{{path: a.jsonl, type: completion}}]\n{text}\n")
    (said,) = [said for said in begun.left if said.key == key]
    assert (said.file, said.line) == ("conf.yml", 2) and said.reason.startswith("not carried: ")


@pytest.mark.parametrize("text", ["strict: false", "wandb_project:", "load_in_8bit: false", "train_on_inputs: false"])
def test_what_is_switched_off_says_nothing(begin: Begin, text: str) -> None:
    assert not begin(f"datasets: [{{path: a.jsonl, type: completion}}]\n{text}\n").left


@pytest.mark.parametrize("entries", ["[org/name]", "[{type: alpaca}]", "[{path: a.jsonl, type: alpaca}, {path: [b]}]"])
def test_an_entry_without_a_path(begin: Begin, entries: str) -> None:
    with pytest.raises(NotUnderstood, match=r"conf.yml:1: datasets: entry \d of `datasets` has no `path`"):
        begin(f"datasets: {entries}\n")


def test_files_that_nothing_reads(begin: Begin) -> None:
    text: Any = "datasets: [{path: a.jsonl, type: oasst}, {path: b.arrow, type: oasst}]"
    assert left(begin(text))["datasets[1]"] == "not carried: no connector reads .arrow"


def test_an_objective_of_preferences_is_carried(begin: Begin) -> None:
    begun = begin(f"{TRAINING}rl: dpo\n".replace("chat_template}", "chatml.prompt_pairs}"))
    assert "    dpo(" in begun.text


def test_a_training_whose_rows_cannot_be_read_is_told(begin: Begin) -> None:
    text = TRAINING.replace(
        "{path: a.jsonl, type: chat_template}", "{path: a.arrow, type: oasst}, {path: b.txt, type: x}"
    )
    assert "lora_r" not in left(begin(text))
    begun = begin("base_model: m\nlora_r: 4\nadapter: lora\nrl: kto\ndatasets: [{path: a.jsonl, type: other.form}]\n")
    assert "kept in the spec as a comment" in left(begun)["base_model"] and "rank: 4" in begun.text
    assert "# source a = jsonl(" in begun.text


def test_a_training_without_a_model_is_told(begin: Begin) -> None:
    begun = begin("datasets: [{path: a.jsonl, type: completion}]\nadapter: lora\nlora_r: 8\nnum_epochs: 2\n")
    assert "train " not in begun.text
    assert left(begun) == dict.fromkeys(
        ("lora_r", "num_epochs"), "not carried: the configuration names no model to train"
    )
