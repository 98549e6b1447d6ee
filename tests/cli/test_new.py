"""Starter projects build as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

import tunec as facade
from tests.cli.conftest import tunec
from tunec.commands.new import TEMPLATES

#: Rows that the example data leave: what the rules drop was planted.
ROWS = {"chat": 23, "preferences": 14, "chinese": 14, "domain": 16}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_has_no_problems(tmp_path: Path, template: str) -> None:
    tunec(tmp_path, "new", "project", "--template", template)
    spec = f"project/{template}.tune"
    assert "no problems" in tunec(tmp_path, "lint", "--strict", spec).stdout
    tunec(tmp_path, "fmt", "--check", spec)


@pytest.mark.parametrize("template", ROWS)
def test_its_data_sets_build(tmp_path: Path, template: str) -> None:
    tunec(tmp_path, "new", ".", "--template", template)
    built = facade.build(tmp_path / f"{template}.tune", only="datasets", out=tmp_path / "build")
    assert sum(len(part) for part in built.dataset(template).values()) == ROWS[template]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "project" / "data" / "tasks.jsonl"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    done = tunec(tmp_path, "new", "project", code=2)
    assert "project/data/tasks.jsonl exists" in done.stderr
    assert mine.read_text() == "mine" and [p.name for p in mine.parent.parent.rglob("*")] == ["data", "tasks.jsonl"]


def test_a_link_in_the_folder_leads_nothing_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "data").symlink_to("../elsewhere")
    done = tunec(tmp_path, "new", "project", code=3)
    assert "leads out of project" in done.stderr and not list((tmp_path / "elsewhere").iterdir())
