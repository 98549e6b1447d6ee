"""A check that does not hold: the numbers, the stage that moved them, and a build that is left to be looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.building import build
from tunec.dsl.source import Source
from tunec.main import app
from tunec.runtime.building.broken_checks import CheckBroken
from tunec.runtime.store.published import manifest_of
from tunec.runtime.versions.diff import compare
from tunec.runtime.versions.why import lives

HEAD = """spec t(version: "0.1.0", license: "MIT")
source tasks = jsonl("tasks.jsonl", format: alpaca, license: "MIT")
"""
SPEC = (
    HEAD
    + """dataset out from tasks {
    filter { keep words(response) >= 2 } as long
    shuffle()
    check share(meta.kind) <= 60%
    limit(3)
}
"""
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    kinds = ["birds", "fish", "birds", "fish", "birds", "fish", "鸟", "birds"]
    lines = [
        {"instruction": f"Task {n}?", "output": "Yes." if kind == "fish" else f"Yes, number {n}.", "kind": kind}
        for n, kind in enumerate(kinds)
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (tmp_path / "tasks.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "t.tune").write_text(SPEC, encoding="utf-8")
    return tmp_path


def tunec(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words])


@pytest.mark.parametrize("sources", ["tasks", "[tasks, more]"])
def test_the_stage_is_named_whatever_runs_with_it(folder: Path, sources: str) -> None:
    """Stages that look at one row run together, and with what puts several sources together."""
    more = 'source more = rows([{instruction: "Task 9?", response: "Yes, number 9."}], license: "MIT")\n'
    spec = f"""{HEAD}{more}dataset out from {sources} {{
    filter {{ keep words(response) >= 2 }}
    let length = words(response)
    check count(meta.kind == "fish") >= 1
}}
"""
    with pytest.raises(CheckBroken) as broken:
        build(folder, spec)
    many = 8 if sources == "tasks" else 9
    assert broken.value.diagnostic.notes == (f"moved: `filter` took it from 3 of {many} to 0 of {many - 3}",)


def test_the_message_has_line_numbers_and_the_stage_that_moved_the_share(folder: Path) -> None:
    with pytest.raises(CheckBroken) as broken:
        build(folder, SPEC)
    said = broken.value.diagnostic
    assert said.message == "check failed: share(meta.kind) <= 60%, but it is 80.00% for 'birds' of 5 rows"
    assert said.notes == ("moved: `filter` took it from 50.00% of 8 to 80.00% of 5",)
    source = Source("t.tune", SPEC)
    assert source.text[said.span.start : said.span.end] == "check share(meta.kind) <= 60%"
    assert source.text[said.labels[0].span.start :].startswith("filter")


def test_the_stage_is_found_where_only_the_check_varies(folder: Path) -> None:
    text = SPEC.replace("dataset out", "vary most in [60%, 61%]\ndataset out").replace("<= 60%", "<= most")
    with pytest.raises(CheckBroken) as broken:
        build(folder, text)
    assert broken.value.diagnostic.notes == ("moved: `filter` took it from 50.00% of 8 to 80.00% of 5",)


def test_a_share_that_no_stage_moved_is_said_to_be_so(folder: Path) -> None:
    with pytest.raises(CheckBroken) as broken:
        build(folder, SPEC.replace(">= 2", ">= 1").replace("60%", "40%"))
    assert broken.value.diagnostic.notes == ("no stage moved it: it is 50.00% of 8 where the data set begins",)


def test_what_was_built_is_left_and_can_be_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    done = tunec(folder, "build", "t.tune")
    assert done.exit_code == 1
    assert "error[T902 check-failed]" in done.stderr and "t.tune:6:" in done.stderr
    assert (
        "3 dropped" in done.stdout and "nothing was published; what was built is in build/t-unpublished" in done.stderr
    )
    assert not (folder / "build" / "t").exists() and not list((folder / ".tunec").glob("versions/*/*"))
    left = folder / "build" / "t-unpublished"
    assert manifest_of(left)["unpublished"].startswith("check failed: share(meta.kind)")
    assert manifest_of(left)["targets"]["out"]["rows"] == 5
    assert [life.verdict for life in lives(left, "tasks.jsonl:2")] == ["dropped"]
    assert "keep words(response)" in tunec(folder, "why", "t-unpublished", "tasks.jsonl:2").stdout
    assert tunec(folder, "report", "t-unpublished", "--to", "r.html").exit_code == 0
    assert json.loads(tunec(folder, "peek", "t.tune", "out", "--rows", "1").stdout)["instruction"].startswith("Task")
    for command in (["export", "t-unpublished", "--to", "alpaca"], ["verify", "t-unpublished"]):
        refused = tunec(folder, *command)
        assert refused.exit_code != 0
    (folder / "t.tune").write_text(SPEC.replace("60%", "90%"), encoding="utf-8")
    assert tunec(folder, "build", "t.tune").exit_code == 0
    assert not left.exists()


def test_it_fails_again_from_the_store_and_is_compared_with_a_version(folder: Path) -> None:
    build(folder, SPEC.replace("60%", "90%"))
    for _ in range(2):
        with pytest.raises(CheckBroken) as broken:
            build(folder, SPEC.replace("limit(3)", ""))
    assert broken.value.folder is not None
    found = compare(folder / "build" / "t", broken.value.folder)
    assert found.data[0].rows == (3, 5)


def test_a_sample_reports_counts_and_fails_on_shares(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "t.tune").write_text(SPEC.replace("share(meta.kind) <= 60%", 'count(meta.kind == "birds") >= 5'), "utf-8")
    done = tunec(folder, "build", "t.tune", "--sample", "8")
    assert done.exit_code == 0, done.output
    assert 'check failed: count(meta.kind == "birds") >= 5, but it is 4 of 5 rows' in done.stderr
    assert tunec(folder, "build", "t.tune").exit_code == 1
    (folder / "t.tune").write_text(SPEC, "utf-8")
    assert tunec(folder, "build", "t.tune", "--sample", "8").exit_code == 1
