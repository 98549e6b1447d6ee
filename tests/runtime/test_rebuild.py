"""`verify --rebuild`: a forged step passes every other check, and not this one."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import polars as pl
from click.testing import CliRunner, Result

from tunec.main import app
from tunec.runtime.store.files import hash_file, write_checked

SPEC = 'spec t(version: "1.0.0")\nsource a = jsonl("a.jsonl", format: alpaca, license: "MIT")\ndataset t from a {}\n'


def run(folder: Path, *words: str) -> Result:
    """A command in a folder; its exit code is the one that `main` gives."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        done = CliRunner().invoke(app, list(words), standalone_mode=False)
        done.exit_code = done.exit_code or int(done.return_value or 0)
        return done
    finally:
        os.chdir(before)


def made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    lines = [json.dumps({"instruction": f"Name colour {n}.", "output": "Red."}) for n in range(5)]
    (folder / "a.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "t.tune").write_text(SPEC)
    assert run(folder, "build", "t.tune", "-q").exit_code == 0
    return folder


def test_an_honest_version_is_made_again(tmp_path: Path) -> None:
    made(tmp_path)
    done = run(tmp_path, "verify", "t", "--rebuild", "t.tune")
    assert done.exit_code == 0 and "rebuilt the same" in done.output, done.output


def test_a_forged_step_is_found(tmp_path: Path) -> None:
    made(tmp_path)
    for name in ("build", ".tunec/versions", ".tunec/publications"):
        shutil.rmtree(tmp_path / name)
    for record in (tmp_path / ".tunec" / "steps").glob("*/*/step.json"):
        rows = record.parent / "rows.parquet"
        frame = pl.read_parquet(rows, glob=False)
        record.parent.chmod(0o755)
        for path in (rows, record):
            path.chmod(0o644)
        frame.with_columns(response=pl.lit("Forged.")).write_parquet(rows)
        saved = json.loads(record.read_text())["value"]
        saved["files"]["rows.parquet"] = [hash_file(rows), rows.stat().st_size]
        write_checked(record, saved)
    assert run(tmp_path, "build", "t.tune", "-q").exit_code == 0
    assert run(tmp_path, "verify", "t").exit_code == 0
    done = run(tmp_path, "verify", "t", "--rebuild", "t.tune")
    assert done.exit_code == 1 and "train-00000.parquet differs from what the spec makes" in done.output


def test_another_spec_is_told(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "t.tune").write_text(SPEC.replace("{}", "{ limit(2) }"))
    done = run(tmp_path, "verify", "t", "--rebuild", "t.tune")
    assert done.exit_code == 1 and "is not that of the version" in done.output
    (tmp_path / "t.tune").write_text(SPEC.replace("dataset t", "dataset u"))
    done = run(tmp_path, "verify", "t", "--rebuild", "t.tune")
    assert done.exit_code == 1 and "has no target t" in done.output
