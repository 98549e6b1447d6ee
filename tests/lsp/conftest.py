"""Files that the dialogues are about, and their recording."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lsp.dialogue import Editor, Script, dialogue

GOLDEN = Path(__file__).parents[1] / "golden" / "lsp"
Record = Callable[[Script], Editor]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with data and a file to import. Its name holds what a URI has to escape."""
    folder = tmp_path / "täglich 工作"
    (folder / "data").mkdir(parents=True)
    rows = [{"instruction": f"Say {n}.", "input": "", "output": f"{n} it is.", "topic": "numbers"} for n in range(60)]
    (folder / "data" / "tasks.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    (folder / "common.tune").write_text(
        '## Hand-written tasks.\nsource tasks = jsonl("data/tasks.jsonl", format: alpaca, license: "Apache-2.0")\n',
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def record(work: Path, request: pytest.FixtureRequest, golden: Callable[[Path, str], None]) -> Record:
    """Runs a dialogue and compares what was said with the recording named after the test."""

    def run(script: Script) -> Editor:
        editor = dialogue(work, script)
        golden(GOLDEN / f"{request.node.name.removeprefix('test_')}.txt", editor.written)
        return editor

    return run
