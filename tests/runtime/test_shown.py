"""A build replaces only what a build wrote, and writes only where it may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tunec.main import app

ROWS = [{"instruction": f"Name colour {n}.", "output": "Red."} for n in range(5)]
SPEC = 'source tasks = jsonl("data/tasks.jsonl", format: alpaca)\ndataset out from tasks {}\n'


def write(folder: Path, name: str = "data.tune", text: str = SPEC) -> Path:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in ROWS))
    (folder / name).write_text(text)
    return folder / name


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *args: str) -> tuple[int, str]:
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(app, ["build", *args], catch_exceptions=False, standalone_mode=True)
    return result.exit_code, result.output


def test_a_folder_of_someone_else_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    code, said = run(tmp_path, monkeypatch, "data.tune", "--out", ".")
    assert code == 3
    assert "tasks.jsonl is an input of the spec" in said and "--out" in said
    assert (tmp_path / "data" / "tasks.jsonl").exists()
    assert not (tmp_path / ".tunec" / "steps").exists()  # told before anything is spent


def test_foreign_files_in_a_shown_version_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    assert run(tmp_path, monkeypatch, "data.tune")[0] == 0
    assert run(tmp_path, monkeypatch, "data.tune")[0] == 0
    (tmp_path / "build" / "data" / "notes.txt").write_text("mine")
    code, said = run(tmp_path, monkeypatch, "data.tune", "--force", "out")
    assert code == 3 and "notes.txt" in said
    assert (tmp_path / "build" / "data" / "notes.txt").read_text() == "mine"


def test_what_somebody_changed_in_a_shown_version_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = write(tmp_path)
    assert run(tmp_path, monkeypatch, "data.tune")[0] == 0
    for number, name in enumerate(["datasets/out/README.md", "datasets/out/train-00000.parquet"]):
        shown = tmp_path / "build" / "data" / name
        shown.unlink()  # as editors save: another file under the name
        shown.write_text(f"mine {number}")
        spec.write_text(SPEC.replace("{}", f"{{ limit({number + 2}) }}"))
        code, said = run(tmp_path, monkeypatch, "data.tune")
        assert code == 0 and f"build/data has changed since it was published ({name}); it is kept as" in said
        assert not shown.read_bytes().startswith(b"mine")
    kept = [path for path in (tmp_path / ".tunec" / "damaged").rglob("*") if path.is_file()]
    assert {"mine 0", "mine 1"} <= {path.read_text(errors="replace") for path in kept}


def test_a_spec_may_be_called_unpublished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, name="data-unpublished.tune")
    write(tmp_path)
    assert run(tmp_path, monkeypatch, "data-unpublished.tune")[0] == 0
    assert run(tmp_path, monkeypatch, "data.tune")[0] == 0
    assert (tmp_path / "build" / "data-unpublished" / "manifest.json").exists()


def test_a_link_is_not_followed_and_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    (tmp_path / "build").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "build" / "data").symlink_to(tmp_path / "elsewhere")
    code, said = run(tmp_path, monkeypatch, "data.tune")
    assert code == 3 and "not a folder that tunec wrote" in said
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("number", ["../../x", "1", "1.0", "v1.0.0", "1.0.0+x", "01.0.0", ""])
def test_a_version_is_a_semantic_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    write(tmp_path, text=f'spec data(version: "{number}")\n{SPEC}')
    code, said = run(tmp_path, monkeypatch, "data.tune")
    assert code == 1 and "is not a semantic version" in said
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize("stage", ['review("../x.jsonl")', 'review("/tmp/tunec-never/x.jsonl")'])
def test_a_review_stays_in_the_folder_of_the_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    inner = tmp_path / "inner"
    write(inner, text=SPEC.replace("from tasks {}", f"from tasks {{ {stage} }}"))
    code, said = run(inner, monkeypatch, "data.tune")
    assert code == 1 and "leads out of" in said
    assert not (tmp_path / "x.jsonl").exists() and not Path("/tmp/tunec-never").exists()


def test_a_spec_file_whose_name_is_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, name="...tune")
    code, said = run(tmp_path, monkeypatch, "...tune")
    assert code != 0 and "spec" in said
    assert not (tmp_path / "versions").exists()
