"""What lies in a store or a version, with a checksum that agrees, and is not what tunec writes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from tests.building import build
from tunec.compiler.graph import canonical, digest
from tunec.main import app
from tunec.runtime.store.files import hash_file
from tunec.runtime.store.forms import MANIFEST, RUN, disjointed, misfit
from tunec.runtime.store.published import VersionDamaged, manifest_of, run_of
from tunec.runtime.versions.contents import contents_of

SPEC = """
    spec t(version: "1.0.0", license: "MIT")
    source a = jsonl("a.jsonl", format: alpaca, license: "MIT")
    benchmark q = jsonl("q.jsonl", format: choice)
    dataset out from a {
        filter { keep words(prompt) > 2 }
        decontaminate(against: [q]) { exact() }
        split { train: 50%, test: 50% }
    }
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forms")
    rows = [{"instruction": f"Name colour number {n}." if n else "Name it.", "output": "Red."} for n in range(9)]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "q.jsonl").write_text('{"question": "How many?", "answer": "Two"}\n', encoding="utf-8")
    build(folder, SPEC)
    return folder


def forged(path: Path, change: Callable[[Any], object]) -> None:
    """The file with something else in it, and a checksum that agrees."""
    value = json.loads(path.read_bytes())
    inner = value.get("value", value)
    inner.pop("check", None)
    change(inner)
    plain = json.loads(canonical(inner))
    whole = {"check": digest(plain), "value": plain} if "value" in value else {**plain, "check": digest(plain)}
    path.unlink()
    path.write_text(json.dumps(whole), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda m: m.update(accepted=["a"]), "accepted[0]"),
        (lambda m: m["text"].update({"t.tune": {}}), "text.t.tune"),
        (lambda m: m["steps"][0].update(rows_out=10**30), "steps[0].rows_out"),
        (lambda m: m["steps"][0].update(made=True), "steps[0].made"),
        (lambda m: m["steps"][1]["nodes"][0]["rules"].update(x=None), "steps[1].nodes[0].rules.x"),
        (lambda m: m["lock"].update({"file q.jsonl": [1]}), "lock.file q.jsonl"),
        (lambda m: m["targets"]["out"].pop("entered"), "targets.out.entered"),
        (lambda m: m["row_types"].update(out="nothing"), "row_types.out"),
        (lambda m: m["graph"]["nodes"].pop(0), "graph."),
        (lambda m: m["graph"]["targets"].clear(), "graph.targets.out"),
        (lambda m: m["steps"][0].update(ids=[]), "fingerprints."),
        (lambda m: m["origins"].update(dict.fromkeys(m["origins"], "a")), "origins."),
    ],
)
def test_a_manifest_of_another_form_is_damaged(made: Path, change: Callable[[Any], object], told: str) -> None:
    folder = made / "build" / "t"
    path, whole = folder / "manifest.json", (folder / "manifest.json").read_bytes()
    try:
        forged(path, change)
        with pytest.raises(VersionDamaged, match="is not a manifest: `") as error:
            manifest_of(folder)
        assert f"`{told}" in str(error.value)
        for words in (["report", str(folder), "--to", str(made / "r.html")], ["verify", str(folder)]):
            result = CliRunner().invoke(app, words)
            assert result.exit_code == 1 and "damaged" in result.output, (result.output, result.exception)
    finally:
        path.unlink()
        path.write_bytes(whole)


def test_a_run_of_another_form_tells_nothing(made: Path) -> None:
    path = made / "build" / "t" / "run.json"
    whole = path.read_bytes()
    forged(path, lambda run: run["requests"].update(asked=[None]))
    assert run_of(path.parent) == {}
    result = CliRunner().invoke(app, ["report", str(path.parent), "--to", str(made / "r.html")])
    path.unlink()
    path.write_bytes(whole)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("pattern", ["steps/*/*/step.json", "last/*.json", "publications/*.json"])
def test_a_record_of_another_form_is_made_again(made: Path, tmp_path: Path, pattern: str) -> None:
    (path, *_) = sorted((made / ".tunec").glob(pattern))
    for change in (lambda v: [v.update({name: [5]}) for name in list(v)], lambda v: v.clear()):
        forged(path, change)
        result = CliRunner().invoke(app, ["build", str(made / "t.tune"), "--out", str(made / "build")])
        assert result.exit_code == 0 and "defect" not in result.output, result.output


def test_what_tunec_writes_has_its_form(made: Path) -> None:
    manifest = json.loads((made / "build" / "t" / "manifest.json").read_bytes())
    assert (misfit(manifest, MANIFEST), disjointed(manifest)) == ("", "")
    assert misfit(json.loads((made / "build" / "t" / "run.json").read_bytes()), RUN) == ""


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("ledger/out", lambda t: t.select("id"), "its column `node` is missing"),
        ("ledger/out", lambda t: t.with_columns(rule=pl.lit(5)), "its column `rule` holds Int32"),
        ("ledger/out", lambda t: t.with_columns(verdict=pl.lit(None, pl.String)), "rows have no `verdict`"),
        ("ledger/out", lambda t: t.with_columns(verdict=pl.lit("eaten")), "it has a verdict that is none"),
        ("datasets/out/train-00000", lambda t: t.select("id"), "its column `instruction` is missing"),
        ("datasets/out/train-00000", lambda t: t.with_columns(response=pl.lit(5)), "its column `response` holds Int32"),
        ("benchmarks", lambda t: t.with_columns(fields=pl.lit(None, pl.String)), "rows have no `fields`"),
    ],
)
def test_a_table_of_another_form_is_damaged(
    made: Path, tmp_path: Path, name: str, change: Callable[[pl.DataFrame], pl.DataFrame], told: str
) -> None:
    folder = tmp_path / "t"
    shutil.copytree(made / "build" / "t", folder)
    path = folder / f"{name}.parquet"
    table = change(pl.read_parquet(path, glob=False))
    path.unlink()
    table.write_parquet(path)
    forged(folder / "manifest.json", lambda manifest: manifest.update(contents=contents_of(folder)))
    for words in (
        ["verify", str(folder)], ["why", str(folder), "Name"], ["why", str(folder), "--dropped-by", "words"],
        ["diff", str(folder), str(made / "build" / "t")], ["report", str(folder), "--to", str(tmp_path / "r.html")],
        ["export", str(folder), "--to", "papers", "--out", str(tmp_path / "papers")],
        ["export", str(folder), "--to", "alpaca", "--out", str(tmp_path / "alpaca")],
    ):  # fmt: skip
        result = CliRunner().invoke(app, words)
        read = result.exit_code == 0 and words[0] != "verify"  # a command may not need what is wrong
        assert read or told in result.output, (words, result.output, result.exception)


@pytest.mark.parametrize("name", ["rows", "drops"])
def test_a_step_of_another_form_runs_again(made: Path, tmp_path: Path, name: str) -> None:
    whole = sorted(path.name for path in (made / ".tunec" / "versions" / "t").iterdir())
    for record in sorted((made / ".tunec" / "steps").glob("*/*/step.json")):
        project = tmp_path / record.parent.name
        shutil.copytree(made, project)
        for folder in ("versions", "publications"):
            shutil.rmtree(project / ".tunec" / folder)
        there = project / record.relative_to(made)
        table = there.parent / f"{name}.parquet"
        frame = pl.read_parquet(table, glob=False)
        table.unlink()
        frame.select(pl.lit(5).alias(column) for column in frame.columns).write_parquet(table)
        files = {table.name: [hash_file(table), table.stat().st_size]}
        forged(there, lambda value, files=files: value["files"].update(files))
        result = CliRunner().invoke(app, ["build", str(project / "t.tune"), "--out", str(project / "build")])
        assert result.exit_code == 0, (result.output, result.exception)
        made_again = sorted(path.name for path in (project / ".tunec" / "versions" / "t").iterdir())
        assert made_again == whole, result.output


def test_damage_before_a_stored_split_is_mended(made: Path, tmp_path: Path) -> None:
    for record in sorted((made / ".tunec" / "steps").glob("*/*/step.json")):
        project = tmp_path / record.parent.name
        shutil.copytree(made, project)
        for folder in ("versions", "publications"):
            shutil.rmtree(project / ".tunec" / folder)
        shutil.rmtree(project / record.relative_to(made).parent)
        result = CliRunner().invoke(app, ["build", str(project / "t.tune"), "--out", str(project / "build")])
        assert result.exit_code == 0, (result.output, result.exception)


@pytest.mark.parametrize("name", ["ledger/out.parquet", "datasets/out/train-00000.parquet"])
def test_a_pipe_in_a_version_is_told(made: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "t"
    shutil.copytree(made / "build" / "t", folder)
    (folder / name).unlink()
    os.mkfifo(folder / name)
    for words in (["why", str(folder), "Name"], ["export", str(folder), "--to", "alpaca"], ["verify", str(folder)]):
        result = CliRunner().invoke(app, words)
        assert f"damaged: {folder / name} is not a regular file" in result.output, (words, result.exception)


def test_a_pipe_in_a_store_is_not_waited_for(made: Path, tmp_path: Path) -> None:
    project = tmp_path / "p"
    shutil.copytree(made, project)
    for table in (project / ".tunec" / "steps").glob("*/*/rows.parquet"):
        table.unlink()
        os.mkfifo(table)
    words = [
        ["why", str(project / "build" / "t"), "Name"],
        ["build", str(project / "t.tune"), "--out", str(project / "b")],
    ]
    assert [CliRunner().invoke(app, one).exit_code for one in words] == [0, 0]
