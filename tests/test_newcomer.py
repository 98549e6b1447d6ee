"""The solutions of a newcomer's tasks (`bench/newcomer`) lint clean, in the canonical style."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_docs import ROOT
from tunec.compiler.lint.check import check_spec
from tunec.dsl.format import format_text
from tunec.dsl.render.text import render
from tunec.dsl.source import Source
from tunec.runtime.catalogue import load_catalogue

SOLUTIONS = sorted((ROOT / "bench" / "newcomer" / "solutions").glob("*.tune"))


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_solution_has_no_problems(path: Path) -> None:
    compiled = check_spec(path, load_catalogue())
    assert not compiled.diagnostics, render(compiled.diagnostics, compiled.sources)
    text = path.read_text(encoding="utf-8")
    assert format_text(Source(path.name, text)) == text


def test_every_task_has_a_solution() -> None:
    tasks = (ROOT / "bench" / "newcomer" / "tasks.md").read_text(encoding="utf-8")
    assert [path.stem for path in SOLUTIONS] == [line[3] for line in tasks.splitlines() if line.startswith("## ")]
