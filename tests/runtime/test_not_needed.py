"""What is not there stops a build only where the build needs it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Done, tunec

SPEC = """spec t(version: "1.0.0")
source a = jsonl("a.jsonl", format: alpaca, license: "MIT")
source b = jsonl("gone.jsonl", format: alpaca, license: "MIT")
model base = local("org/no-such-model", revision: "abc")
dataset d from a { shuffle() }
dataset other from b { shuffle() }
train tuned from base on d { lora() sft() }
"""
PINNED = "[model local org/no-such-model]\nrevision = abc\n"


def build(folder: Path, *arguments: str, code: int = 0) -> Done:
    rows = [{"instruction": f"Say {n}.", "output": str(n)} for n in range(60)]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (folder / "t.tune").write_text(SPEC, encoding="utf-8")
    return tunec(folder, "build", "t.tune", "--out", "out", *arguments, code=code)


def test_a_model_that_nothing_trains_may_be_missing(tmp_path: Path) -> None:
    build(tmp_path, "d")
    assert (tmp_path / "out" / "t" / "datasets" / "d").is_dir()


def test_what_is_needed_and_missing_is_told(tmp_path: Path) -> None:
    told = build(tmp_path, "--only", "datasets", code=1).stderr
    assert "T601" in told and "T603" not in told
    (tmp_path / "gone.jsonl").write_text('{"instruction": "a", "output": "b"}\n', encoding="utf-8")
    build(tmp_path, "--only", "datasets")
    assert "T603" in build(tmp_path, code=1).stderr


def test_the_lock_keeps_what_was_not_looked_up(tmp_path: Path) -> None:
    build(tmp_path, "d")
    lock = tmp_path / "t.lock"
    text = lock.read_text(encoding="utf-8")
    lock.write_text(f"{text.rstrip()}\n\n{PINNED}", encoding="utf-8")
    build(tmp_path, "d")
    assert "no-such-model" in lock.read_text(encoding="utf-8")
