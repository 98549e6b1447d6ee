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


def read(folder: Path, name: str, cache: Path) -> list[tuple[list[str], list[str], str]]:
    """What comes before the answer, the answer or answers, and the system text of each row, as LLaMA-Factory has it."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder), name],
        capture_output=True, text=True, check=False, env={**os.environ, "HF_HOME": str(cache)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout.split("ROWS ")[-1])
    return [
        (
            [turn["content"] for turn in row["_prompt"]],
            [turn["content"] for turn in row["_response"]],
            row["_system"] or "",
        )
        for row in rows
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
