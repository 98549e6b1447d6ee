"""The same spec, data and recordings give the same bytes, whatever the folder, the machine's clock or its language."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.needs import needs

pytestmark = pytest.mark.model
needs("torch", "sentence_transformers")

SPEC = """
spec t(version: "1.0.0-dev", seed: 1, license: "MIT")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
benchmark quiz = jsonl("quiz.jsonl", format: choice)
embedder minilm = bundled("all-minilm-l6-v2")
dataset out from tasks {
    normalize()
    filter { keep lang(prompt) in ["en", "zh"] }
    dedup { near(text, jaccard: 0.8)  semantic(prompt, cosine: 0.97, using: minilm) }
    decontaminate(against: [quiz]) { exact()  cosine(0.9, using: minilm) }
    select(30, by: k_center(prompt, using: minilm))
    split { train: 80%, validation: 20% }
}
"""
THINGS = ["rivers", "bread", "bridges", "maps", "clocks", "birds", "苹果", "trains", "glass", "numbers"]


def write(folder: Path, extra: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    verbs = ["Explain how to paint", "List facts about", "Write a short poem on", "Describe the history of"]
    rows = [{"instruction": f"{v} {t}.", "output": f"{t} are old and useful."} for v in verbs for t in THINGS]
    known = rows[0]["output"]
    rows += [{"instruction": f"Tell me a joke about number {n}.", "output": known} for n in range(extra)]
    (folder / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    (folder / "quiz.jsonl").write_text('{"question": "How many rivers are there?", "answer": "9"}\n')
    (folder / "t.tune").write_text(SPEC, encoding="utf-8")


def built(folder: Path, *more: str, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tunec", "build", "t.tune", "--json", *more],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def files(folder: Path) -> dict[str, bytes]:
    """What a build wrote, without what tells of the times and costs of this very build."""
    out = folder / "build" / "t"
    found = {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    return {name: content for name, content in found.items() if name not in ("run.json", "report.html")}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a build, for which every vector was computed."""
    folder = tmp_path_factory.mktemp("first")
    write(folder)
    assert built(folder, "--jobs", "1", TZ="Asia/Kathmandu", LC_ALL="C")["vectors"]["computed"] > 0
    return folder


def test_another_folder_clock_language_and_number_of_workers_change_nothing(first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "b/deep"
    write(folder)
    # The recordings alone: every step runs again, over the same vectors.
    shutil.copytree(first / ".tunec" / "vectors", folder / ".tunec" / "vectors")
    second = built(folder, "--jobs", "2", TZ="America/Lima", LC_ALL="tr_TR.UTF-8", PYTHONHASHSEED="7")
    assert second["vectors"]["computed"] == 0 and second["vectors"]["recorded"] > 0
    assert len(second["ran"]) == 7
    assert files(first) == files(folder)


def test_without_recordings_the_same_machine_gives_the_same_again(first: Path, tmp_path: Path) -> None:
    write(tmp_path)
    assert built(tmp_path)["vectors"]["computed"] > 0
    assert files(first) == files(tmp_path)


def test_of_an_appended_row_alone_the_vector_is_computed(first: Path, tmp_path: Path) -> None:
    shutil.copytree(first, tmp_path / "more")
    write(tmp_path / "more", extra=1)
    again = built(tmp_path / "more")
    assert again["vectors"]["computed"] == 1
    assert "tasks" in again["ran"] and "quiz" in again["cached"]
