"""`import tunec` gives the commands as functions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import tunec
from tunec.facade import SpecError
from tunec.runtime.store.remote import RemoteError

SPEC = """
spec t(version: "1.0.0", seed: 1)
param size: int = 4
source tasks = jsonl("tasks.jsonl", format: alpaca)
dataset t from tasks { limit(size) split { train: 50%, test: 50% } }
dataset few from tasks { limit(1) }
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    rows = [{"instruction": f"Name colour {n}.", "output": "Red."} for n in range(9)]
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    path = tmp_path / "t.tune"
    path.write_text(SPEC)
    return path


def test_lint_gives_diagnostics(spec: Path) -> None:
    assert not [d for d in tunec.lint(spec) if d.severity == "error"]
    assert [d.code for d in tunec.lint(spec, size="many") if d.severity == "error"] == ["T211"]


def test_compile_gives_the_graph_and_raises_with_diagnostics(spec: Path) -> None:
    assert set(tunec.compile(spec, size=3).targets) == {"t", "few"}
    spec.write_text(SPEC.replace("from tasks", "from task"))
    with pytest.raises(SpecError, match=r"\[T101\]") as caught:
        tunec.compile(spec)
    assert {d.code for d in caught.value.diagnostics} == {"T101"}


def test_plan_names_what_would_run(spec: Path) -> None:
    assert [s.reason for s in tunec.plan(spec, ["few"]).pending] == ["new", "new"]
    (spec.parent / "tasks.jsonl").unlink()
    with pytest.raises(SpecError, match=r"tasks\.jsonl"):
        tunec.plan(spec)


def test_build_and_load_give_data_sets(spec: Path, tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    build = tunec.build(spec, out=tmp_path / "build", size=6)
    assert build.version.startswith("t@1.0.0+") and len(build.ran) == 4
    assert {k: v.num_rows for k, v in build.dataset("t").items()} == {"train": 3, "test": 3}
    assert tunec.build(spec, out=tmp_path / "build", size=6).ran == ()
    loaded = tunec.load("t@1.0.0", store=tmp_path / ".tunec")
    assert loaded["train"].to_dict() == build.dataset("t")["train"].to_dict()
    assert tunec.load("t", "few", out=tmp_path / "build")["train"].num_rows == 1
    with pytest.raises(KeyError, match="unknown data set `other`"):
        build.dataset("other")
    with pytest.raises(KeyError, match="name one of them"):
        tunec.load("t@1.0.0", "other", store=tmp_path / ".tunec")


def test_a_shared_store_in_the_environment_stands_behind_the_own_one(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNEC_STORE", (tmp_path / "team").as_uri())
    monkeypatch.chdir(tmp_path)
    built = tunec.build(spec, out=tmp_path / "build")
    assert len(list((tmp_path / "team" / "steps").iterdir())) == len(built.ran)
    shutil.rmtree(tmp_path / ".tunec")
    assert tunec.build(spec, out=tmp_path / "build").ran == ()  # fetched
    assert not (tmp_path / "file:").exists()
    monkeypatch.setenv("TUNEC_STORE", "nothing://team")
    with pytest.raises(RemoteError, match="nothing://team cannot be used"):
        tunec.plan(spec)
