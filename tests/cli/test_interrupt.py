"""Ctrl-C ends a build with 130, says that nothing is lost, and the same command goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PATIENCE = 240  # seconds for what takes one where nothing else runs
OPERATOR = '''"""A function that takes its time."""

from __future__ import annotations

from tunec.runtime.base.operator import operator


@operator(version=1, cost="model")
def slow(text: TextColumn) -> IntColumn:
    """The length of a text, after a while."""
    import os, time

    from pathlib import Path

    class Held:
        def __del__(self) -> None:
            Path("waiting").touch()
            time.sleep(60)

    if Path("wait").exists():
        if FINALIZER:
            held = Held()
            del held
        Path("waiting").touch()
        time.sleep(60)
    return text.str.len_chars()
'''
SPEC = """source s = rows([{text: "one"}, {text: "three"}])
dataset d from s {
    dedup {
        exact(text)
    }
    filter {
        keep slow(text) >= 4
    }
}
"""


@pytest.mark.parametrize("finalizer", [False, True])
def test_an_interrupted_build_goes_on(tmp_path: Path, finalizer: bool) -> None:
    folder = tmp_path / "patient" / "functions"
    folder.mkdir(parents=True)
    (tmp_path / "patient" / "__init__.py").touch()
    (folder / "slow.py").write_text(OPERATOR.replace("FINALIZER", str(finalizer)))
    info = tmp_path / "patient-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: patient\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tunec.operators]\npatient = patient\n")
    (tmp_path / "a.tune").write_text(SPEC)
    (tmp_path / "wait").touch()
    command = [sys.executable, "-m", "tunec", "build", "a.tune"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    running = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "waiting").exists():
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert "Finished steps are saved; rerun to resume" in said
    assert "Traceback" not in said
    (tmp_path / "wait").unlink()
    again = subprocess.run(
        [*command, "--json"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    done = json.loads(again.stdout)
    assert done["cached"] == ["s", "d · dedup"] and done["ran"] == ["d · filter"]


EMBEDS = """spec t(version: "1.0.0", seed: 1)
source s = jsonl("many.jsonl", format: text)
embedder minilm = bundled("all-minilm-l6-v2", backend: {backend})
dataset d from s {{ dedup {{ semantic(text, cosine: 0.95, using: minilm) }} }}
"""


@pytest.mark.model
@pytest.mark.parametrize("backend", ["auto", "torch"])
def test_at_any_moment_of_loading_and_embedding(tmp_path: Path, backend: str) -> None:
    moments = random.Random(13)
    # More than is embedded until the last of the moments.
    texts = [" ".join(moments.choices("abcdefghijklmnopqrstuvwxyz", k=200)) for _ in range(6_000)]
    (tmp_path / "many.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (tmp_path / "a.tune").write_text(EMBEDS.format(backend=backend))
    command = [sys.executable, "-m", "tunec", "build", "a.tune"]
    for number in range(3):
        running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert running.stdout is not None
        for line in running.stdout:
            if "dedup" in line:
                break
        # From the first import of the step on to the middle of its batches.
        time.sleep(moments.uniform(2 * number, 2 * number + 2))
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate(timeout=PATIENCE)
        assert running.returncode == 130, said
        assert "Finished steps are saved; rerun to resume" in said
        assert "Traceback" not in said
