"""A store that others share: what one builds, another fetches."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.building import build
from tunec.runtime.store.remote import Remote, RemoteError
from tunec.runtime.store.store import Store

SPEC = """
spec t(version: "1.0.0", seed: 1)
source tasks = jsonl("tasks.jsonl", format: alpaca)
dataset out from tasks { filter { keep words(prompt) in 2..50 } limit(3) }
"""


def write(folder: Path) -> None:
    folder.mkdir(parents=True)
    rows = [{"instruction": f"Name colour {n}.", "output": "Red."} for n in range(9)]
    (folder / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))


@pytest.fixture(params=["file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"file://{tmp_path}/shared" if request.param == "file" else f"memory://{tmp_path.name}"


def test_another_machine_runs_nothing(tmp_path: Path, url: str) -> None:
    for name in ("a", "b"):
        write(tmp_path / name)
    first = build(tmp_path / "a", SPEC, store=Store(tmp_path / "a" / ".tunec", Remote(url)))
    second = build(tmp_path / "b", SPEC, store=Store(tmp_path / "b" / ".tunec", Remote(url)))
    assert len(first.reporter.started) == 3
    assert second.reporter.started == []
    assert first.built is not None and second.built is not None
    assert first.built.published is not None and second.built.published is not None
    assert first.built.published.version == second.built.published.version


def test_answers_are_shared(tmp_path: Path, url: str) -> None:
    stores = [Store(tmp_path / name, Remote(url)) for name in ("a", "b")]
    stores[0].record_answer("ab" * 32, ["yes"])
    assert stores[1].answer("ab" * 32) == ["yes"]
    assert stores[1].answer("cd" * 32) is None


def test_vectors_are_shared(tmp_path: Path, url: str) -> None:
    import numpy as np

    from tunec.runtime.models.vectors import embed
    from tunec.runtime.values import EmbedderSpec

    asked: list[str] = []

    def encode(spec: EmbedderSpec, texts: list[str]) -> np.ndarray:
        asked.extend(texts)
        return np.ones((len(texts), 4), dtype=np.float16)

    spec = EmbedderSpec("test", "tiny", "1", "cpu", ())
    for name, texts in (("a", ["one", "two"]), ("b", ["one", "three"])):
        embed(Store(tmp_path / name, Remote(url)), spec, texts, encode, lambda done, total, what: None)
    assert asked == ["one", "two", "three"] or asked == ["two", "one", "three"]


def test_a_damaged_object_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name)
    url = f"file://{tmp_path}/shared"
    build(tmp_path / "a", SPEC, store=Store(tmp_path / "a" / ".tunec", Remote(url)))
    for path in (tmp_path / "shared" / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(path.read_bytes()[:-1])
    shutil.rmtree(tmp_path / "a")
    with pytest.raises(RemoteError, match="is gone or damaged"):
        build(tmp_path / "b", SPEC, store=Store(tmp_path / "b" / ".tunec", Remote(url)))


def test_a_protocol_that_nobody_knows_is_an_error_for_a_person() -> None:
    with pytest.raises(RemoteError, match="nosuch"):
        Remote("nosuch://bucket")
