"""`axolotl`, read by the rules of its documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.exports.material import ROWS, exported, lines
from tunec.runtime.exchange.export import Exported


def config(done: Exported) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((done.folder / "out.yaml").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("row_type", ["instruction", "chat", "choice"])
def test_conversations(tmp_path: Path, row_type: str) -> None:
    done = exported(tmp_path, row_type, "axolotl")
    (entry,) = config(done)["datasets"]
    assert (entry["type"], entry["ds_type"], entry["split"]) == ("chat_template", "json", "train")
    names = entry["message_property_mappings"]
    for row in lines(done.folder / entry["path"]):
        for turn in row[entry["field_messages"]]:
            assert set(turn) == set(names.values()) and turn[names["role"]] in ("system", "user", "assistant")
    assert entry["roles_to_train"] == ["assistant"]
    (watched,) = config(done)["test_datasets"]
    assert watched == {**entry, "path": "out/validation.jsonl"}
    assert "rl" not in config(done)


def test_preferences_are_for_dpo(tmp_path: Path) -> None:
    done = exported(tmp_path, "preference", "axolotl")
    (entry,) = config(done)["datasets"]
    assert (config(done)["rl"], entry["type"]) == ("dpo", "chat_template.default")
    row = lines(done.folder / entry["path"])[1]
    assert row[entry["field_messages"]] == [{"role": "user", "content": "问好。"}]
    assert row[entry["field_chosen"]] == {"role": "assistant", "content": "你好！"}
    assert row[entry["field_rejected"]] == {"role": "assistant", "content": "不。"}


def test_texts(tmp_path: Path) -> None:
    done = exported(tmp_path, "text", "axolotl")
    (entry,) = config(done)["datasets"]
    assert entry["type"] == "completion"
    assert [{"text": row[entry["field"]]} for row in lines(done.folder / entry["path"])] == ROWS["text"]


def test_a_test_split_is_in_no_training(tmp_path: Path) -> None:
    splits = {"train": ROWS["text"], "test": ROWS["text"]}
    done = exported(tmp_path, "text", "axolotl", splits)
    assert "test_datasets" not in config(done)
    assert "# In no training: out/test.jsonl" in (done.folder / "out.yaml").read_text()


def test_tools_reasoning_and_masks(tmp_path: Path) -> None:
    tool = {"type": "function", "function": {"name": "w", "parameters": {"type": "object"}}}
    call = {"id": "1", "name": "w", "arguments": '{"city":"北京"}'}
    turns = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "reasoning": "想", "tool_calls": [call], "train": False},
        {"role": "tool", "content": "y", "tool_call_id": "1", "name": "w"},
        {"role": "assistant", "content": "z"},
    ]
    done = exported(tmp_path, "chat", "axolotl", {"train": [{"messages": turns, "tools": json.dumps([tool])}]})
    (entry,) = config(done)["datasets"]
    assert (entry["message_field_training"], entry["field_tools"]) == ("train", "tools")
    (row,) = lines(done.folder / entry["path"])
    (schema,) = row[entry["field_tools"]]
    assert json.loads(schema["function"]["parameters"]) == {"type": "object"}
    asked = row["messages"][1]
    assert (asked["train"], asked["reasoning_content"], asked["content"]) == (False, "想", None)
    assert asked["tool_calls"] == [
        {"id": "1", "type": "function", "function": {"name": "w", "arguments": '{"city":"北京"}'}}
    ]
