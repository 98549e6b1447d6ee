from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.building import build, rows
from tunec.runtime.engine.engine import StepFailed
from tunec.runtime.ops.formats.auto import auto
from tunec.runtime.values import FormatError

ALPACA = {"instruction": "Name a fruit.", "input": "", "output": "Apple."}
CHAT = {"conversations": [{"from": "human", "value": "你好"}, {"from": "gpt", "value": "你好！"}]}


@pytest.mark.parametrize(
    ("kind", "record", "name"),
    [
        ("instruction", ALPACA, "alpaca"),
        ("instruction", {"instruction": "写诗", "context": "", "response": "好"}, "dolly"),
        ("instruction", {"input": "写诗", "target": "好"}, "belle"),
        ("instruction", {"instruction": "x", "instances": [{"input": "", "output": "y"}]}, "self_instruct"),
        ("instruction", {"prompt": "x", "completion": "y"}, "prompt and completion"),
        ("chat", {"messages": [{"role": "user", "content": "x"}]}, "messages"),
        ("chat", CHAT, "sharegpt"),
        ("chat", {"text": "\n\nHuman: x\n\nAssistant: y"}, "transcript"),
        (
            "chat",
            {"prompt": {"role": "prompter", "text": "x", "replies": [{"role": "assistant", "text": "y"}]}},
            "oasst",
        ),
        ("preference", {"prompt": "x", "chosen": "y", "rejected": "z"}, "preference"),
        ("preference", {"chosen": "\n\nHuman: x\n\nAssistant: y", "rejected": "\n\nHuman: x\n\nAssistant: z"}, "hh"),
        ("choice", {"question": "x", "choices": ["a", "b"], "answer": "A"}, "choice"),
        ("text", {"text": "Es war einmal"}, "text"),
    ],
)
def test_what_is_found_is_said(kind: str, record: dict, name: str) -> None:
    layout = auto(kind)  # type: ignore[arg-type]
    layout.content(record)
    assert layout.notes()[0] == f"read as {name} (1 records)"


def test_ragged_keys_and_instructions_as_chats() -> None:
    layout = auto("chat")
    assert layout.content(ALPACA)["messages"][1] == {"role": "assistant", "content": "Apple."}
    layout.content({**CHAT, "system": "短"})
    layout.content({**ALPACA, "extra": 1})
    assert layout.notes() == ("read as alpaca (2 records), sharegpt (1 records)",)


def test_another_row_type_says_what_to_write() -> None:
    with pytest.raises(FormatError, match=r"looks like sharegpt, chat rows: write `format: auto\(chat\)`"):
        auto().content(CHAT)
    with pytest.raises(FormatError, match="no layout is known that has the columns a, b"):
        auto().content({"a": 1, "b": 2})


def test_in_a_spec(tmp_path: Path) -> None:
    lines = [ALPACA, {"instruction": "Count.", "output": "1 2 3", "note": "no input here"}, CHAT]
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    spec = 'source s = jsonl("s.jsonl", format: {})\ndataset out: {} from s {{ shuffle() }}'
    result = build(tmp_path, spec.format("auto(chat)", "chat"))
    assert sorted(rows(result, "out")["messages"].list.len()) == [2, 2, 2]
    assert "s.jsonl: read as alpaca (2 records), sharegpt (1 records)" in result.reporter.warnings
    with pytest.raises(StepFailed, match="looks like sharegpt"):
        build(tmp_path / "b", spec.format("auto", "instruction").replace("s.jsonl", "../s.jsonl"))
