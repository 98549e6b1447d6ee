"""gc frees what nothing refers to, and no more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.building import Result, build
from tunec.runtime.store.files import held
from tunec.runtime.store.gc import garbage, remove
from tunec.runtime.store.store import Store

SPEC = """
spec t(version: "1.0.0", seed: 1)
source tasks = jsonl("tasks.jsonl", format: alpaca)
dataset out from tasks { filter { keep words(prompt) in 2..50 } limit(3) }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [{"instruction": f"Name colour {n}.", "output": "Red."} for n in range(9)]
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    return tmp_path


def kinds(folder: Path, dropping: tuple[Path, ...] = ()) -> dict[str, int]:
    found = [g for g in garbage(Store(folder / ".tunec"), dropping) if g.kind != "locks"]
    return {kind: sum(g.kind == kind for g in found) for kind in {g.kind for g in found}}


def published(result: Result) -> Path:
    assert result.built is not None and result.built.published is not None
    return result.built.published.folder


def test_a_fresh_build_has_no_garbage(folder: Path) -> None:
    build(folder, SPEC)
    assert kinds(folder) == {}


def test_steps_of_versions_and_of_the_last_build_stay(folder: Path) -> None:
    build(folder, SPEC)
    build(folder, SPEC.replace("1.0.0", "1.1.0").replace("limit(3)", "limit(4)"))
    assert kinds(folder) == {}


def test_a_dropped_version_takes_what_it_alone_used(folder: Path) -> None:
    old = published(build(folder, SPEC))
    new = published(build(folder, SPEC.replace("1.0.0", "1.1.0").replace("limit(3)", "limit(4)")))
    assert kinds(folder, (old,)) == {"versions": 1, "steps": 1, "publications": 1}
    store = Store(folder / ".tunec")
    remove(store, garbage(store, (old,)))
    assert not old.exists() and new.exists()
    again = build(folder, SPEC.replace("1.0.0", "1.1.0").replace("limit(3)", "limit(4)"))
    assert again.reporter.started == []


def test_recordings_and_rubbish_that_nothing_needs_go(folder: Path) -> None:
    build(folder, SPEC)
    store = Store(folder / ".tunec")
    store.record_answer("ab" * 32, ["an answer"])
    store.temporary()
    assert kinds(folder) == {"answers": 1, "tmp": 1}


def test_a_recording_that_a_kept_step_rests_on_stays(folder: Path) -> None:
    build(folder, SPEC)
    store = Store(folder / ".tunec")
    with store.writing("cd" * 32) as draft:
        store.record_answer("ab" * 32, ["an answer"])
        store.seal(draft, {})
    assert kinds(folder) == {"steps": 1, "answers": 1}
    store.remember("other", {"x": {"fingerprint": "cd" * 32, "inputs": []}})
    assert kinds(folder) == {}


LEFT = (".t.lock.0123456789abcdef", ".t.tune.0123456789abcdef", ".r.jsonl.0123456789abcdef")
SHOWN = ("build/.t.0123456789abcdef/x", "build/.t.0123456789abcdef.old/x")


@pytest.mark.parametrize("by", ["build", "gc"])
def test_what_killed_processes_left_outside_of_the_store_goes(folder: Path, by: str) -> None:
    build(folder, SPEC)
    others = (".t.lock.short", ".env", "build/.keep/x")
    for name in (*LEFT, *SHOWN, *others):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("half")
    store = Store(folder / ".tunec")
    with held(folder / LEFT[0]):  # somebody still writes this one
        if by == "build":
            build(folder, SPEC.replace("limit(3)", "limit(4)").replace("1.0.0", "1.1.0"))
        else:
            remove(store, garbage(store, out=folder / "build"))
        assert (folder / LEFT[0]).exists()
    assert not [name for name in (*LEFT[1:], *SHOWN) if (folder / name).exists()]
    assert all((folder / name).exists() for name in others)
    remove(store, garbage(store, out=folder / "build"))
    assert not (folder / LEFT[0]).exists()
