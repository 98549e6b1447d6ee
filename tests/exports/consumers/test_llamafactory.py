"""The layout `llamafactory`, read by the converters of LLaMA-Factory itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.exports.material import exported

pytest.importorskip("llamafactory", reason="`make test-extras` installs it")
pytestmark = pytest.mark.extras
#: Its package imports torchaudio for sounds, which no row has; where that cannot be had, an empty module stands for it.
READ = """
import importlib.util, json, sys, types
import datasets, transformers
if importlib.util.find_spec("torchaudio") is None:
    sys.modules["torchaudio"] = types.ModuleType("torchaudio")
from llamafactory.data.converter import get_dataset_converter
from llamafactory.data.parser import get_dataset_list

folder, name = sys.argv[1:]
(attr,) = get_dataset_list([name], folder)
rows = datasets.load_dataset("json", data_files=f"{folder}/{attr.dataset_name}", split=attr.split)
convert = get_dataset_converter(attr.formatting, attr, types.SimpleNamespace(media_dir=folder))
print("ROWS", json.dumps([convert(row) for row in rows]))
"""


def converted(folder: Path, name: str, cache: Path) -> list[dict[str, Any]]:
    """The rows of an entry as LLaMA-Factory has them."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder), name],
        capture_output=True, text=True, check=False, env={**os.environ, "HF_HOME": str(cache)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout.split("ROWS ")[-1])
    return rows


def read(folder: Path, name: str, cache: Path) -> list[tuple[list[str], list[str], str]]:
    """What comes before the answer, the answer or answers, and the system text of each row."""
    return [
        (
            [turn["content"] for turn in row["_prompt"]],
            [turn["content"] for turn in row["_response"]],
            row["_system"] or "",
        )
        for row in converted(folder, name, cache)
    ]


@pytest.mark.parametrize(
    ("row_type", "rows"),
    [
        (
            "instruction",
            [
                (["Translate to French.\na cat"], ["un chat"], "Be short."),
                (["解释“一石二鸟”。"], ["一个行动达到两个目的。\u2028完"], ""),
            ],
        ),
        ("chat", [(["你好"], ["你好！"], "你是助手。"), (["One?", "Two.", "Three?"], ["Four."], "")]),
        ("preference", [(["Say hello."], ["Hello!", "No."], ""), (["问好。"], ["你好！", "不。"], "")]),
        ("text", [(["A story.\nIts end."], [], ""), (["一个故事。"], [], "")]),
        ("choice", [(["2 + 2?\nA. 3\nB. 4"], ["B. 4"], ""), (["天空是什么颜色？\nA. 蓝色\nB. 红色"], ["A. 蓝色"], "")]),
    ],
)
def test_the_rows_are_the_same(tmp_path: Path, row_type: str, rows: list[tuple[list[str], list[str], str]]) -> None:
    done = exported(tmp_path, row_type, "llamafactory")
    assert read(done.folder, "out_train", tmp_path / "cache") == rows


TOOLS = '[{"type":"function","function":{"name":"w","description":"天气","parameters":{"type":"object"}}}]'
CALL = {"id": "1", "name": "w", "arguments": '{"city":"北京"}'}
CALLING: list[dict[str, Any]] = [
    {"role": "system", "content": "S"},
    {"role": "user", "content": "Weather?"},
    {"role": "assistant", "reasoning": "Look.", "tool_calls": [CALL]},
    {"role": "tool", "content": "晴", "tool_call_id": "1"},
    {"role": "assistant", "reasoning": "It is.", "content": "Sunny."},
]


def test_calls_tools_and_reasoning_are_the_same(tmp_path: Path) -> None:
    rows = [{"messages": CALLING, "tools": TOOLS}, {"messages": [*CALLING[1:2], CALLING[4]], "tools": None}]
    done = exported(tmp_path, "chat", "llamafactory", {"train": rows})
    first, second = converted(done.folder, "out_train", tmp_path / "cache")
    assert json.loads(first["_tools"]) == json.loads(TOOLS) and not second["_tools"]
    assert (first["_system"], [turn["role"] for turn in first["_prompt"]]) == ("S", ["user", "function", "observation"])
    thought, call = first["_prompt"][1]["content"].split("</think>")
    assert "Look." in thought and json.loads(call) == {"id": "1", "name": "w", "arguments": {"city": "北京"}}
    assert first["_prompt"][2]["content"] == "晴"
    assert (
        first["_response"]
        == second["_response"]
        == [{"role": "assistant", "content": first["_response"][0]["content"]}]
    )
    assert first["_response"][0]["content"].split("</think>")[1].strip() == "Sunny."


def test_rated_answers_are_the_same(tmp_path: Path) -> None:
    done = exported(tmp_path, "rated", "llamafactory")
    rows = converted(done.folder, "out_train", tmp_path / "cache")
    assert [[turn["content"] for turn in row["_prompt"]] for row in rows] == [["Say hello."], ["问好。"]]
    # The reader puts an empty answer after one that was liked, and before one that was not.
    assert [[turn["content"] for turn in row["_response"]] for row in rows] == [["Hello!", ""], ["", "不。"]]
