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


def test_rules_that_differ_in_a_name_alone_are_told_apart(tmp_path: Path) -> None:
    """Each row is explained by its own rule: what dropped it, what that is called, and where it stands."""
    version = made(
        tmp_path,
        """
source tasks = jsonl("a.jsonl", format: alpaca)
source others = jsonl("b.jsonl", format: alpaca)
dataset out from [tasks, others] {
    filter {
        drop origin == others and contains(prompt, "1") as second
        drop origin == tasks and contains(prompt, "1")
    }
    balance { count(origin == tasks) <= 1  count(origin == others) <= 1 }
}
""",
    )
    lost = {name: lives(version, f"Name {name} 1.")[0] for name in "ab"}
    assert lost["a"].rule == 'drop origin == tasks and contains(prompt, "1")'
    assert lost["b"].rule == 'drop origin == others and contains(prompt, "1")'
    assert [(lost[name].name, lost[name].place.split(":")[1]) for name in "ab"] == [("", "7"), ("second", "6")]
    assert lost["b"].threshold == 'origin == others and contains(prompt, "1")'
    assert lost["b"].value is not None and "origin = others" in lost["b"].value
    assert set(dropped_by(version, "count")[1].items()) == {
        ("out: balance count(origin == tasks) <= 1", 1), ("out: balance count(origin == others) <= 1", 1),
    }  # fmt: skip
    assert "origin = others" in render_report(version)


def test_notes_and_failed_checks_say_the_name(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"instruction": f"Job {n}", "output": "x"}) + "\n" for n in range(20))
    (tmp_path / "a.jsonl").write_text(rows)
    (tmp_path / "b.jsonl").write_text(rows.replace("Job", "Task"))
    stages = 'filter { drop origin == tasks and contains(prompt, "1") }  check share(origin == tasks) >= 50%'
    (tmp_path / "t.tune").write_text(SPEC.replace("filter { keep origin == tasks }", stages))
    words = [sys.executable, "-m", "tunec", "build", "t.tune"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "check failed: share(origin == tasks) >= 50%" in done.stderr
    assert '11 by `drop origin == tasks and contains(prompt, "1")`' in done.stderr
    assert "@jsonl" not in done.stdout + done.stderr
