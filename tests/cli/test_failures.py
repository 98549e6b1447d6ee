"""Whatever is broken, a command says in a line what it is and where: no traceback, and no defect of tunec."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.building import build
from tunec.main import _run

SPEC = """spec s(version: "1.0.0")
source a = jsonl("a.jsonl", format: alpaca, license: "MIT")
dataset out from a {
    dedup {
        exact(prompt)
    }
    split {
        train: 50%
        test: 50%
    }
}
"""
LINES = [json.dumps({"instruction": f"Name colour {n} 中文.", "output": "Red."}, ensure_ascii=False) for n in range(6)]
DEEP = b"[" * 200_000
HALF = b'{"id": "\\ud800", "decision": "drop"}'
LOOKS = (
    ("why", "s", "Name"), ("why", "s", "--dropped-by", "exact"), ("versions",), ("verify", "s"), ("report", "s"),
    ("diff", "s", "s"), ("export", "s", "--to", "messages"), ("push", "s", "a/b", "--dry-run"),
    ("peek", "s.tune", "out"), ("plan", "s.tune"), ("gc",), ("gc", "--drop", "s"),
)  # fmt: skip

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """A command in a folder, as a person would give it: the exit code, and what is said."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["tunec", *words])
        with pytest.raises(SystemExit) as ended:
            _run()
        said = "".join(capfd.readouterr())
        assert "Traceback" not in said and "defect" not in said and "None:" not in said, (words, said)
        assert not said.rstrip().endswith(": None"), (words, said)
        return int(ended.value.code or 0), said

    return call


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    (folder / "a.jsonl").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    (folder / "s.tune").write_text(SPEC, encoding="utf-8")
    assert build(folder, SPEC).built is not None
    return folder


def copied(built: Path, folder: Path) -> None:
    """What was built, with files that may be written to."""
    shutil.copytree(built, folder, dirs_exist_ok=True)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def damaged(folder: Path, pattern: str, content: bytes | None) -> None:
    found = [path for path in folder.glob(pattern) if path.is_file()]
    assert found, pattern
    for path in found:
        path.unlink()
        if content is not None:
            path.write_bytes(content)


BROKEN = {"junk": b"\0junk\xff", "empty": b"", "gone": None, "list": b"[1, 2]", "deep": DEEP, "object": b"{}"}
PARTS = ("**/ledger/*.parquet", "**/datasets/*/*.parquet", "**/manifest.json", "**/run.json", ".tunec/last/*.json",
         ".tunec/publications/*.json", ".tunec/steps/*/*/*")  # fmt: skip


@pytest.mark.parametrize("harm", BROKEN)
@pytest.mark.parametrize("pattern", PARTS)
def test_every_command_on_what_is_damaged(built: Path, tmp_path: Path, run: Run, pattern: str, harm: str) -> None:
    copied(built, tmp_path)
    damaged(tmp_path, pattern, BROKEN[harm])
    said = {words: run(*words) for words in LOOKS}
    if "ledger" in pattern:
        for words in LOOKS[:2]:
            assert said[words][0] == 1 and "damaged: " in said[words][1] and "ledger" in said[words][1], said[words]
    copied(built, tmp_path / "again")
    damaged(tmp_path / "again", pattern, BROKEN[harm])
    code, told = run("build", "again/s.tune", "--out", "again/build")
    if "manifest" in pattern:  # nothing tells any more that tunec wrote what stands there
        assert code == 3 and "move it away" in told
        shutil.rmtree(tmp_path / "again" / "build")
        code, told = run("build", "again/s.tune", "--out", "again/build")
    assert code == 0, told
    assert run("verify", "s", "--out", "again/build")[0] == 0
