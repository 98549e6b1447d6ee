"""A build that is killed at any moment goes on where it was, and ends with the same bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "tests" / "specs" / "tiny.tune"
KILLS = 4


def start(folder: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "tunec",
        "build",
        str(SPEC),
        "--store",
        str(folder / "store"),
        "--out",
        str(folder),
    ]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def finish(folder: Path) -> None:
    done = start(folder)
    _, errors = done.communicate(timeout=1800)  # a minute where nothing else runs
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
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    finish(whole)
    total = files_in(whole / "store")
    kills = 0
    for number in range(1, KILLS + 1):
        running = start(broken)
        # Spread over the work, not over the clock: every kill finds another part of the build in progress.
        while running.poll() is None and files_in(broken / "store") < total * number / (KILLS + 1):
            time.sleep(0.01)
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            kills += 1
        running.communicate()
    assert kills >= KILLS - 2
    finish(broken)
    assert version(broken) == version(whole)
    run = json.loads((broken / "tiny" / "run.json").read_text())
    assert run["requests"]["repeated"] <= kills * 2  # batches of two
