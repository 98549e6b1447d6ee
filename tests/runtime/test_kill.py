"""A build that is killed at any moment goes on where it was, and ends with the same bytes.

The bundled model writes; a tiny one, which takes a moment, is trained and measured.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training.tiny import tiny_model
from tunec.runtime.base.values import ModelSpec

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "tests" / "specs" / "tiny.tune"
KILLS = 3


def lay(folder: Path) -> Path:
    """The spec of every kind of stage, with a tiny model that is trained and measured."""
    tiny_model(ModelSpec("local", "tiny", "tiny", "backend"), folder / "small")
    text = SPEC.read_text("utf-8").replace("../../specs/data", str(ROOT / "specs" / "data"))
    for old, new in (
        ("embedder minilm", 'model small = local("small")\nembedder minilm'),
        ("train tiny_lora from base", "train tiny_lora from small"),
        ("of [base, tiny_lora]", "of [small, tiny_lora]"),
        # A tokenizer of bytes has no token for a letter of an answer.
        ("    multiple_choice(on: quiz, shots: 0)\n", ""),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "tiny.tune").write_text(text, "utf-8")
    return folder / "tiny.tune"


def start(spec: Path, folder: Path) -> subprocess.Popen[bytes]:
    places = ["--store", str(folder / "store"), "--out", str(folder)]
    command = [sys.executable, "-m", "tunec", "build", str(spec), *places]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def finish(spec: Path, folder: Path) -> None:
    done = start(spec, folder)
    _, errors = done.communicate(timeout=900)  # half a minute where nothing else runs
    assert done.returncode == 0, errors.decode()


def files_in(folder: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))


def version(folder: Path) -> tuple[str, dict[str, bytes]]:
    out = folder / "tiny"
    hashed = {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*.parquet")}
    return json.loads((out / "manifest.json").read_text())["version"], hashed


@pytest.mark.model
def test_kills_change_nothing(tmp_path: Path) -> None:
    pytest.importorskip("trl")
    spec, whole, broken = lay(tmp_path), tmp_path / "whole", tmp_path / "broken"
    finish(spec, whole)
    total = files_in(whole / "store")
    kills = 0
    for number in range(1, KILLS + 1):
        running = start(spec, broken)
        # Spread over the work, not over the clock: every kill finds another part of the build in progress.
        while running.poll() is None and files_in(broken / "store") < total * number / (KILLS + 1):
            time.sleep(0.01)
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            kills += 1
        running.communicate()
    assert kills >= KILLS - 2
    finish(spec, broken)
    assert version(broken) == version(whole)
    run = json.loads((broken / "tiny" / "run.json").read_text())
    assert run["requests"]["repeated"] <= kills * 2  # batches of two
