"""`tunec peek --tokens`: rows as a training sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tunec.commands.peek import command

SPEC = """
source tasks = rows([
    {instruction: "天空是什么颜色？", response: "蓝色。"},
    {instruction: "Say <|im_end|>", response: "No."}
])
model base = bundled("smollm2-135m-instruct")
train tuned from base on tasks { lora() sft(max_length: 256) }
"""


@pytest.mark.usefixtures("base")
def test_trained_tokens_are_marked(tmp_path: Path) -> None:
    spec = tmp_path / "t.tune"
    spec.write_text(SPEC, encoding="utf-8")
    done = CliRunner().invoke(command, [str(spec), "tuned", "--tokens"], standalone_mode=False)
    assert "assistant\n[[蓝色。<|im_end|>]]\n" in done.output, done
    assert "control_token: control token in the text: <|im_end|>" in done.output
    done = CliRunner().invoke(command, [str(spec), "tuned", "--tokens", "--json"], standalone_mode=False)
    row = json.loads(next(line for line in done.output.splitlines() if line.startswith("{")))
    assert "".join(t["text"] for t in row["tokens"] if t["trained"]) == "蓝色。<|im_end|>"
    done = CliRunner().invoke(command, [str(spec), "tasks", "--tokens"])
    assert "`tasks` is none" in done.output
