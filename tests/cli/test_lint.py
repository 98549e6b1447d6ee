"""`tunec lint` as a CI job calls it: formats, fixes, strictness, and what it stops."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import tunec

DOUBTFUL = """source tasks = rows([{instruction: "Name a colour.", response: "Red."}])

dataset out from tasks {
    filter {
        keep words(prompt) in 2..9
        keep words(prompt) in 2..9
    }
}
"""
WRONG = """benchmark quiz = rows([{question: "How much is 2 + 2?", choices: ["3", "4"], answer: "4"}])
dataset out from quiz { shuffle() }
"""


def test_a_warning_is_shown_and_stops_only_the_strict(tmp_path: Path) -> None:
    (tmp_path / "a.tune").write_text(DOUBTFUL)
    assert "warning[T325 rule-twice]" in tunec(tmp_path, "lint", "a.tune").stderr
    done = tunec(tmp_path, "lint", "--strict", "a.tune", code=1)
    assert "error[T325 rule-twice]" in done.stderr and "1 error, 0 warnings" in done.stderr


def test_an_error_of_a_rule_stops_plan_and_build(tmp_path: Path) -> None:
    (tmp_path / "a.tune").write_text(WRONG)
    for command in ("lint", "plan", "build", "graph"):
        assert "T402" in tunec(tmp_path, command, "a.tune", code=1).stderr


def test_build_shows_warnings(tmp_path: Path) -> None:
    (tmp_path / "a.tune").write_text(DOUBTFUL)
    done = tunec(tmp_path, "build", "a.tune")
    assert "T325" in done.stderr
    assert (tmp_path / "build" / "a").exists()


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_fix_applies_what_is_safe_and_leaves_the_rest(tmp_path: Path, ending: str) -> None:
    doubtful = DOUBTFUL.replace("words(prompt)", "words (prompt)", 1) + "dataset more from out { shufle() }\n"
    spec = tmp_path / "a.tune"
    spec.write_bytes(doubtful.replace("\n", ending).encode())
    done = tunec(tmp_path, "lint", "--fix", "a.tune", code=1)
    assert "a.tune: 2 fixes applied" in done.stderr
    assert "unknown stage `shufle`" in done.stderr  # a guess at a name is not safe
    mended = DOUBTFUL.replace("        keep words(prompt) in 2..9\n", "", 1) + "dataset more from out { shufle() }\n"
    assert spec.read_bytes().decode() == mended.replace("\n", ending)


def test_every_format_on_standard_output(tmp_path: Path) -> None:
    (tmp_path / "a.tune").write_text(WRONG)
    (found,) = json.loads(tunec(tmp_path, "lint", "--format", "json", "a.tune", code=1).stdout)
    assert found["name"] == "benchmark-as-source" and found["severity"] == "error"
    run = json.loads(tunec(tmp_path, "lint", "--format", "sarif", "a.tune", code=1).stdout)["runs"][0]
    assert [r["ruleId"] for r in run["results"]] == ["T402"]
    line = tunec(tmp_path, "lint", "--format", "github", "a.tune", code=1).stdout
    assert line.startswith("::error title=T402 benchmark-as-source,file=a.tune,line=2,")


def test_explain_knows_the_rules(tmp_path: Path) -> None:
    page = tunec(tmp_path, "explain", "unchecked-benchmark").stdout
    assert page.startswith("T401 unchecked-benchmark (error)\n") and "Instead:" in page
    assert "did you mean `rule-twice`?" in tunec(tmp_path, "explain", "rule-twise", code=2).stderr
