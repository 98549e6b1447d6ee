"""Rows of what is not built yet: the first of its sources, through the stages that look at one row at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tunec.main import app

SPEC = """spec t(version: "0.1.0")
source tasks = jsonl("tasks.jsonl", format: alpaca)
model small = bundled("smollm2-135m-instruct")
embedder minilm = bundled("all-minilm-l6-v2")
seeds first = rows([{instruction: "Name a fish.", response: "The carp."}])
generate more from first { self_instruct(small, demonstrations: 1, mode: completion) until(requests: 1) }
dataset clean from tasks {
    set(response: lower(response))
    filter { keep contains(prompt, "2") or contains(prompt, "鸟") }
    dedup { semantic(prompt, cosine: 0.9, using: minilm) }
    shuffle()
}
dataset out from [clean, more] { set(response: "Never.") }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    prompts = [f"Task {n}?" for n in range(300)]
    prompts[5] = "说出一种会游泳的鸟。"
    lines = [json.dumps({"instruction": p, "output": "YES."}, ensure_ascii=False) for p in prompts]
    (tmp_path / "tasks.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "t.tune").write_text(SPEC, encoding="utf-8")
    return tmp_path


def peek(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["peek", str(folder / "t.tune"), *words, "--json"])


def shown(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_data_set_is_seen_as_far_as_one_row_at_a_time_goes(folder: Path) -> None:
    done = peek(folder, "clean")
    assert [row["instruction"] for row in shown(done)] == ["Task 2?", "说出一种会游泳的鸟。", "Task 12?"]
    assert {row["response"] for row in shown(done)} == {"yes."}
    assert "`clean` is not built; these are of the first 100 rows of each source after `filter`" in done.stderr
    assert len(shown(peek(folder, "clean", "--rows", "500"))) == 20
    assert not (folder / ".tunec" / "versions").exists() and not (folder / "build").exists()


def test_sources_and_what_lies_behind_a_generation(folder: Path) -> None:
    assert [row["instruction"] for row in shown(peek(folder, "tasks", "--rows", "2"))] == ["Task 0?", "Task 1?"]
    assert len(shown(peek(folder, "out", "--rows", "3"))) == 3
    done = peek(folder, "more")
    assert done.exit_code == 1 and "begins with a generation" in done.stderr


def test_nothing_left_and_a_missing_file_are_said(folder: Path) -> None:
    (folder / "t.tune").write_text(SPEC.replace('contains(prompt, "2") or', "words(prompt) > 90 and"), "utf-8")
    done = peek(folder, "clean")
    assert done.exit_code == 0 and done.stdout == "" and "none of them is left" in done.stderr
    (folder / "tasks.jsonl").unlink()
    done = peek(folder, "clean")
    assert done.exit_code == 1 and "tasks.jsonl" in done.stderr and "Traceback" not in done.stderr
