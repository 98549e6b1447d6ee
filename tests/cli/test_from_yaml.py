"""Lists of data sets of other tools become specs that lint without errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.from_yaml import NotUnderstood, spec_from_yaml
from tunec.runtime.catalogue import load_catalogue

pytest.importorskip("yaml")
AXOLOTL = """
base_model: NousResearch/Meta-Llama-3-8B
datasets:
  - path: data/alpaca.jsonl
    type: alpaca
  - path: json
    data_files: data/chats.jsonl
    type: chat_template
    field_messages: conversations
  - path: tatsu-lab/alpaca
    type: alpaca_w_system.load_open_orca
    split: train
  - path: own.parquet
    type:
      field_instruction: question
      field_output: answer
val_set_size: 0.05
"""
FACTORY = {
    "identity": {"file_name": "identity.json"},
    "mine": {"file_name": "m.jsonl", "columns": {"prompt": "q", "response": "a"}},
    "chats": {"hf_hub_url": "org/chats", "formatting": "sharegpt", "columns": {"messages": "conversations"}},
    "pairs": {
        "file_name": "p.json",
        "ranking": True,
        "columns": {"prompt": "instruction", "chosen": "chosen", "rejected": "rejected"},
    },
}


def spec(folder: Path, text: str, name: str = "list.yml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return spec_from_yaml(folder / name)


def test_axolotl(tmp_path: Path) -> None:
    text = spec(tmp_path, AXOLOTL)
    assert 'source alpaca = jsonl("data/alpaca.jsonl", format: alpaca)' in text
    assert 'source json = jsonl("data/chats.jsonl", format: {messages: "conversations"})' in text
    assert "# unknown axolotl type alpaca_w_system.load_open_orca: check the format" in text
    assert 'source alpaca_more = hub("tatsu-lab/alpaca", split: "train", format: alpaca)' in text
    assert 'source own = parquet("own.parquet", format: {instruction: "question", response: "answer"})' in text
    assert "dataset data from [alpaca, json, alpaca_more, own] {" in text
    assert "train: 95%" in text and "validation: 5%" in text
    assert "# The base model was NousResearch/Meta-Llama-3-8B" in text


def test_llamafactory(tmp_path: Path) -> None:
    text = spec(tmp_path, json.dumps(FACTORY), "dataset_info.json")
    assert 'source identity = json("identity.json", format: alpaca)' in text
    assert 'source mine = jsonl("m.jsonl", format: {instruction: "q", response: "a"})' in text
    assert 'messages: "conversations", role: "from", content: "value"' in text
    assert 'format: {prompt: "instruction", chosen: "chosen", rejected: "rejected"}' in text


TAKEN = """
datasets:
  - path: data.jsonl
  - path: train.jsonl
  - path: text.csv
  - path: 数据/问答.jsonl
    type: {field_instruction: 问, field_output: 答}
  - path: json
    data_files: [a/part.jsonl, b/part.jsonl]
"""


@pytest.mark.parametrize("text", [AXOLOTL, TAKEN, json.dumps({**FACTORY, "pairs": None})])
def test_what_comes_out_lints_without_errors(tmp_path: Path, text: str) -> None:
    (tmp_path / "out.tune").write_text(spec(tmp_path, text, "train.yml"), encoding="utf-8")
    found = check_spec(tmp_path / "out.tune", load_catalogue()).diagnostics
    assert {d.code for d in found} <= {"T309", "T312"}  # no licence, no revision: that is for the reader


def test_every_file_of_a_list_is_read(tmp_path: Path) -> None:
    text = spec(tmp_path, TAKEN)
    assert '"a/part.jsonl"' in text and '"b/part.jsonl"' in text


def test_other_scripts_are_written_as_they_are(tmp_path: Path) -> None:
    text = spec(tmp_path, TAKEN)
    assert 'source 问答 = jsonl("数据/问答.jsonl", format: {instruction: "问", response: "答"})' in text


@pytest.mark.parametrize(
    "text, said",
    [
        ("- a\n- b\n", "is not a mapping"),
        ("a: 1\n", "lists no data sets"),
        ("a: [", "is not valid YAML"),
        ("datasets: [org/name]\n", "entry 1 of `datasets` has no `path`"),
        ("datasets:\n  - path: a.jsonl\n  - type: alpaca\n", "entry 2 of `datasets` has no `path`"),
        ("a: {file_name: a.json, formatting: chatml}\n", "`a` has unknown formatting `chatml`"),
        ("a: {file_name: a.json, columns: [prompt]}\n", "`columns` of `a` is not a mapping"),
    ],
)
def test_what_is_no_list_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(NotUnderstood, match=said):
        spec(tmp_path, text)


def test_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "list.yml").write_bytes("datasets: [{path: 问答.jsonl}]\n".encode("gbk"))
    with pytest.raises(NotUnderstood, match="is not valid UTF-8 at byte 18"):
        spec_from_yaml(tmp_path / "list.yml")
