from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.building import build, rows
from tunec.runtime.base.values import FormatError
from tunec.runtime.engine.engine import StepFailed
from tunec.runtime.ops.formats.auto import auto

ALPACA = {"instruction": "Name a fruit.", "input": "", "output": "Apple."}
CHAT = {"conversations": [{"from": "human", "value": "你好"}, {"from": "gpt", "value": "你好！"}]}
CALLING = [{"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {"城": "北京"}}]}]
CHANNELS = [{"role": "assistant", "channel": "analysis", "content": "想"}, {"role": "assistant", "content": "y"}]
EXCHANGE = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]
OPENAI_PAIR = {
    "input": {"messages": EXCHANGE[:1]},
    "preferred_output": EXCHANGE[1:],
    "non_preferred_output": [{"role": "assistant", "content": "5"}],
}


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
        ("chat", {"messages": [{"role": "user", "content": "x"}, *CALLING]}, "anthropic"),
        (
            "chat",
            {"system": [{"type": "text", "text": "S"}], "messages": [{"role": "user", "content": "x"}]},
            "anthropic",
        ),
        (
            "chat",
            {"tools": [{"name": "f", "input_schema": {}}], "messages": [{"role": "user", "content": "x"}]},
            "anthropic",
        ),
        ("chat", {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}, "messages"),
        ("chat", {"messages": [{"role": "user", "content": "x"}, *CHANNELS]}, "harmony"),
        ("chat", {"text": "<|start|>user<|message|>问<|end|><|start|>assistant<|message|>答<|return|>"}, "harmony"),
        ("chat", {"instruction": "x", "output": "y", "history": [["a", "b"]]}, "llamafactory"),
        ("chat", {"instruction": "x", "output": "y", "history": []}, "alpaca"),
        ("chat", {"prompt": [{"role": "user", "content": "x"}], "completion": "y"}, "trl"),
        ("chat", {"messages": [{"role": "user", "content": "x"}], "label": "cooking"}, "messages"),
        ("preference", {"instruction": "x", "chosen": "y", "rejected": "z"}, "llamafactory"),
        ("preference", OPENAI_PAIR, "openai_finetune"),
        ("rated", {"messages": EXCHANGE, "label": True}, "kto"),
        ("rated", {"conversations": EXCHANGE, "kto_tag": False}, "kto"),
        ("rated", {"instruction": "x", "output": "y", "kto_tag": True}, "llamafactory"),
        ("task", {"messages": EXCHANGE[:1], "reference_answer": "4"}, "openai_finetune"),
        ("task", {"messages": EXCHANGE[:1]}, "openai_finetune"),
        ("task", {"prompt": "x", "solution": "4"}, "trl"),
        ("task", {"question": "x", "answer": "4"}, "question and answer"),
        ("task", {"problem": "x", "solution": "4", "answer": None}, "problem and solution"),
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
    line = {"type": "user", "uuid": "1", "parentUuid": None, "message": {"role": "user", "content": "hi"}}
    for record in (line, {"type": "response_item", "payload": {"type": "message", "role": "user", "content": []}}):
        with pytest.raises(FormatError, match="session logs are read with `format: agent_trace`"):
            auto("chat").content(record)


def test_calls_thoughts_and_answers_are_there() -> None:
    blocks = auto("chat").content({"messages": [{"role": "user", "content": "x"}, *CALLING]})
    assert blocks["messages"][1]["tool_calls"] == [{"id": "1", "name": "f", "arguments": '{"城":"北京"}'}]
    channels = auto("chat").content({"messages": [{"role": "user", "content": "x"}, *CHANNELS]})
    assert channels["messages"][1] == {"role": "assistant", "reasoning": "想", "content": "y"}
    for record in ({"prompt": "x", "solution": "4"}, {"problem": "x", "solution": "4"}, {"question": "x", "answer": 4}):
        assert auto("task").content(record) == {"prompt": [{"role": "user", "content": "x"}], "answer": "4"}


@pytest.mark.parametrize(
    ("kind", "record", "message"),
    [
        (
            "chat",
            {"messages": EXCHANGE, "label": True},
            r"kto, rated rows: write `format: auto\(rated\)`, or `format: messages`",
        ),
        (
            "chat",
            {"messages": EXCHANGE, "reference_answer": "4"},
            r"openai_finetune, task rows: .*auto\(task\)`, or .*messages`",
        ),
        (
            "chat",
            {"messages": EXCHANGE, "chosen": "a", "rejected": "b"},
            r"preference, preference rows: .*or `format: messages`",
        ),
        (
            "instruction",
            {"instruction": "x", "output": "y", "kto_tag": 1},
            r"llamafactory, rated rows: .*or `format: alpaca`",
        ),
        ("chat", OPENAI_PAIR, r"openai_finetune, preference rows: write `format: auto\(preference\)`$"),
    ],
)
def test_columns_that_mean_more_are_not_read_in_part(kind: str, record: dict, message: str) -> None:
    with pytest.raises(FormatError, match=f"looks like {message}"):
        auto(kind).content(record)  # type: ignore[arg-type]


def test_columns_that_fit_another_layout_too() -> None:
    layout = auto("chat")
    layout.content({"messages": EXCHANGE, **ALPACA})
    layout.content({"messages": EXCHANGE, "instruction": None, "output": "x"})
    said = "the columns fit another layout too: `format: alpaca` (1 records); write it if that is the one you mean"
    assert layout.notes() == ("read as messages (2 records)", said)
    layout = auto()
    layout.content({"prompt": "x", "response": "y", "answer": "z"})
    assert '`format: {prompt: "prompt", response: "answer"}` (1 records)' in layout.notes()[1]
    layout = auto("rated")
    layout.content({"messages": EXCHANGE, "label": True})
    assert len(layout.notes()) == 1


def test_in_a_spec(tmp_path: Path) -> None:
    lines = [ALPACA, {"instruction": "Count.", "output": "1 2 3", "note": "no input here"}, CHAT]
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    spec = 'source s = jsonl("s.jsonl", format: {})\ndataset out: {} from s {{ shuffle() }}'
    result = build(tmp_path, spec.format("auto(chat)", "chat"))
    assert sorted(rows(result, "out")["messages"].list.len()) == [2, 2, 2]
    assert "s.jsonl: read as alpaca (2 records), sharegpt (1 records)" in result.reporter.warnings
    with pytest.raises(StepFailed, match="looks like sharegpt"):
        build(tmp_path / "b", spec.format("auto", "instruction").replace("s.jsonl", "../s.jsonl"))
