"""Links in a folder of somebody else lead nothing outside of it that nobody has named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import tunec
from tunec.runtime.store.files import OutsideRoot, check_links

SPEC = 'spec s(version: "1.0.0", license: "MIT")\nsource a = rows([{instruction: "Count.", response: "1"}])\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "own").mkdir()
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "s.tune").write_text(SPEC + "dataset s from a { }\n", encoding="utf-8")
    return folder


def untouched(project: Path) -> bool:
    return list((project.parent / "own").iterdir()) == []


def test_the_output_folder(project: Path) -> None:
    (project / "build").symlink_to("../own")
    done = tunec(project, "build", "s.tune", code=3)
    assert "build: is a link out of this folder" in done.stderr and "--out" in done.stderr
    assert untouched(project) and not (project / ".tunec").exists()
    tunec(project, "build", "s.tune", "--out", "build")
    assert (project.parent / "own" / "s" / "manifest.json").exists()


def test_a_link_that_stays_inside(project: Path) -> None:
    (project / "made").mkdir()
    (project / "build").symlink_to("made")
    tunec(project, "build", "s.tune")
    assert (project / "made" / "s" / "manifest.json").exists()


@pytest.mark.parametrize("link", ["exports", "exports/s-1.0.0", "exports/s-1.0.0/messages", "exports/s-1.0.0/papers"])
def test_the_folder_of_exports(project: Path, link: str) -> None:
    tunec(project, "build", "s.tune")
    (project / link).parent.mkdir(parents=True, exist_ok=True)
    (project / link).symlink_to(project.parent / "own")
    done = tunec(project, "export", "s", "--to", "papers" if link.endswith("papers") else "messages", code=3)
    assert "is a link out of this folder" in done.stderr and "--out" in done.stderr
    assert untouched(project)
    tunec(project, "export", "s", "--to", "messages", "--out", link)
    assert not untouched(project)


def test_the_report(project: Path) -> None:
    tunec(project, "build", "s.tune")
    (project.parent / "own" / "rc").write_text("mine")
    (project / "s.html").symlink_to("../own/rc")
    assert "--to" in tunec(project, "report", "s", code=3).stderr
    assert (project.parent / "own" / "rc").read_text() == "mine"


def test_a_folder_becomes_no_store_by_a_link(project: Path) -> None:
    (project / ".tunec").symlink_to("../own")
    done = tunec(project, "build", "s.tune", code=3)
    assert "which is no store" in done.stderr and "--store" in done.stderr
    assert untouched(project)
    tunec(project, "build", "s.tune", "--store", ".tunec")
    tunec(project, "build", "s.tune", "--force", "s")  # it is a store now, which its owner linked


def test_files_of_a_model_that_are_links(tmp_path: Path) -> None:
    folder = tmp_path / "merged"
    folder.mkdir()
    check_links(folder)
    (folder / "inside.json").symlink_to("config.json")
    check_links(folder)
    (folder / "model.safetensors").symlink_to("../.bashrc")
    with pytest.raises(OutsideRoot, match=r"'model\.safetensors' leads out of"):
        check_links(folder)
