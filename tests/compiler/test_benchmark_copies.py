"""A benchmark is no source: not by a call, not by a pattern, not as a copy of its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunec.compiler.lint.check import check_spec
from tunec.runtime.catalogue import load_catalogue

SPEC = """spec s(version: "0.1.0-dev", license: "MIT")
benchmark quiz = jsonl("q.jsonl", format: choice)
source other = jsonl("o.jsonl", format: choice, license: "MIT")
source extra = jsonl("EXTRA", format: choice, license: "MIT")
dataset out from FROM { shuffle() }
"""


def found(folder: Path, extra: str, clause: str) -> list[str]:
    (folder / "q.jsonl").write_text('{"question": "Which bird sings?", "answer": "owl"}\n')
    (folder / "copy.jsonl").write_bytes((folder / "q.jsonl").read_bytes())
    (folder / "o.jsonl").write_text('{"question": "Which bird swims", "answer": "duck"}\n')
    (folder / "s.tune").write_text(SPEC.replace("EXTRA", extra).replace("FROM", clause))
    return [d.message for d in check_spec(folder / "s.tune", load_catalogue()).diagnostics if d.code == "T402"]


@pytest.mark.parametrize(
    ("extra", "clause", "message"),
    [
        ("o.jsonl", "[other, sample(quiz, 1)]", "`quiz` is a benchmark"),
        ("o.jsonl", "quiz", "`quiz` is a benchmark"),
        ("copy.jsonl", "[other, extra]", "`extra` reads `copy.jsonl`, which is the file of the benchmark `quiz`"),
        ("[cq]*.jsonl", "[other, extra]", "`extra` reads `copy.jsonl`, which is the file of the benchmark `quiz`"),
        ("q*.jsonl", "[other, extra]", "`extra` reads `q.jsonl`, which is the file of the benchmark `quiz`"),
    ],
)
def test_every_way_in_is_an_error(tmp_path: Path, extra: str, clause: str, message: str) -> None:
    assert [m for m in found(tmp_path, extra, clause) if message in m]


def test_another_file_is_none(tmp_path: Path) -> None:
    assert found(tmp_path, "o*.jsonl", "[other, sample(extra, 1)]") == []
