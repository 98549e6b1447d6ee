"""`openai`, against the rules of the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.exports.material import exported, lines


def faults(example: dict[str, Any]) -> list[str]:
    """What the checks of OpenAI's Cookbook (`examples/Chat_finetuning_data_prep.ipynb`) find in an example."""
    said = example.get("messages")
    if not isinstance(said, list) or not said:
        return ["no list of messages"]
    found = []
    for message in said:
        if not {"role", "content"} <= message.keys():
            found.append("a key is missing")
        if message.keys() - {"role", "content", "name", "function_call", "weight"}:
            found.append("a key is unknown")
        if message.get("role") not in ("system", "user", "assistant", "function"):
            found.append("a role is unknown")
        if not isinstance(message.get("content"), str) or not message["content"]:
            found.append("no content")
    if all(message.get("role") != "assistant" for message in said):
        found.append("no message of the assistant")
    return found


@pytest.mark.parametrize("row_type", ["instruction", "chat", "choice"])
def test_examples_keep_the_rules(tmp_path: Path, row_type: str) -> None:
    done = exported(tmp_path, row_type, "openai")
    examples = lines(done.folder / "out/train.jsonl")
    assert examples and not [fault for example in examples for fault in faults(example)]


def test_what_breaks_a_rule_is_left_out(tmp_path: Path) -> None:
    def chat(*turns: tuple[str, str]) -> dict[str, Any]:
        return {"messages": [{"role": role, "content": content} for role, content in turns]}

    rows = [
        chat(("user", "a"), ("assistant", "b")),
        chat(("user", "a"), ("assistant", "")),
        chat(("user", "a"), ("assistant", "b"), ("user", "c")),
        chat(("user", "a"), ("assistant", "b"), ("tool", "c"), ("assistant", "d")),
        chat(("user", "a")),
    ]
    done = exported(tmp_path, "chat", "openai", {"train": rows})
    assert lines(done.folder / "out/train.jsonl") == rows[:1]
    assert [(left.reason, left.rows) for left in done.left_out] == [
        ("a tool answer without its call", 1),
        ("an empty answer", 1),
        ("no turn of the assistant", 1),
        ("the last turn is not the assistant's", 1),
    ]


def test_fewer_than_ten_examples_are_warned_of(tmp_path: Path) -> None:
    rows = [{"instruction": f"Say {n}.", "input": "", "response": str(n)} for n in range(10)]
    done = exported(tmp_path, "instruction", "openai", {"train": rows, "validation": rows[:9]})
    assert done.warnings == ("out/validation.jsonl has 9 examples; the API wants at least 10 to train on",)


def test_preferences_are_pairs(tmp_path: Path) -> None:
    done = exported(tmp_path, "preference", "openai")
    assert lines(done.folder / "out/train.jsonl")[1] == {
        "input": {
            "messages": [{"role": "user", "content": "问好。"}],
            "tools": [],
            "parallel_tool_calls": True,
        },
        "preferred_output": [{"role": "assistant", "content": "你好！"}],
        "non_preferred_output": [{"role": "assistant", "content": "不。"}],
    }
