"""A rule that refers to a declaration is shown with the name that the spec gives it, and stored without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl

from tests.building import Result, build
from tunec.runtime.store.published import manifest_of
from tunec.runtime.versions.diff import compare
from tunec.runtime.versions.report.page import render_report
from tunec.runtime.versions.why import dropped_by, lives, rules_of

SPEC = """
source tasks = jsonl("a.jsonl", format: alpaca)
source others = jsonl("b.jsonl", format: alpaca)
dataset out from [tasks, others] { filter { keep origin == tasks } }
"""


def made(folder: Path, text: str) -> Path:
    for name in ("a", "b"):
        rows = [{"instruction": f"Name {name} {n}.", "output": "Red."} for n in range(3)]
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    done: Result = build(folder, text)
    assert done.built is not None and done.built.published is not None, done.problems
    return done.built.published.out


def test_people_read_the_name_of_the_spec(tmp_path: Path) -> None:
    version = made(tmp_path, SPEC)
    wanted = "keep origin == tasks"
    assert rules_of(version) == [wanted]
    assert dropped_by(version, "tasks")[1] == {f"out: filter {wanted}": 3}
    life = lives(version, "Name b 1")[0]
    assert (life.rule, life.value, life.threshold) == (wanted, "others", "== tasks")
    assert f"`{wanted}`" in (version / "datasets/out/README.md").read_text()
    assert wanted in render_report(version)
    for text in (render_report(version), (version / "datasets/out/README.md").read_text()):
        assert "@jsonl" not in text


def test_a_new_name_is_no_other_version(tmp_path: Path) -> None:
    first = made(tmp_path / "one", SPEC)
    second = made(tmp_path / "two", SPEC.replace("tasks", "jobs"))
    assert manifest_of(first)["version"] == manifest_of(second)["version"]
    stored = [
        pl.read_parquet(v / "ledger/out.parquet")["rule"].drop_nulls().unique().to_list() for v in (first, second)
    ]
    assert stored[0] == stored[1] == ["keep origin == @jsonl"]
    assert list(compare(first, second).data[0].drops) == [
        "filter: keep origin == jobs",
        "filter: keep origin == tasks",
    ]


def test_the_summary_and_the_progress_of_a_build_say_the_name(tmp_path: Path) -> None:
    made(tmp_path, SPEC)
    words = [sys.executable, "-m", "tunec", "build", "t.tune", "-v", "--force", "out", "--store", "other"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "keep origin == tasks" in done.stdout and "keep origin == tasks" in done.stderr
    assert "@jsonl" not in done.stdout + done.stderr
