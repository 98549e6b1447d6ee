"""The store: whole or not there, checked before it is used, safe for two at once."""

from __future__ import annotations

import contextlib
import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tunec.runtime.store.files import OutsideRoot
from tunec.runtime.store.gc import garbage, remove
from tunec.runtime.store.store import Damaged, Store, StoreError

PRINT = "ab" * 32


def filled(root: Path) -> Store:
    store = Store(root)
    store.prepare()
    with store.writing(PRINT) as folder:
        (folder / "rows.parquet").write_bytes(b"rows")
        store.seal(folder, {"rows_out": 1, "by": {2: "two"}})
    return Store(root)


def test_what_is_stored_is_found(tmp_path: Path) -> None:
    store = filled(tmp_path)
    assert store.has(PRINT)
    assert store.info(PRINT)["rows_out"] == 1
    assert (store.checked(PRINT) / "rows.parquet").read_bytes() == b"rows"
    assert not list((tmp_path / "tmp").iterdir())


def test_a_block_that_fails_stores_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.prepare()
    with pytest.raises(RuntimeError), store.writing(PRINT) as folder:
        (folder / "rows.parquet").write_bytes(b"half")
        raise RuntimeError
    assert not store.has(PRINT)
    assert not list((tmp_path / "tmp").iterdir())


def test_damage_is_found_before_use(tmp_path: Path) -> None:
    store = filled(tmp_path)
    path = store.step(PRINT) / "rows.parquet"
    path.unlink()
    path.write_bytes(b"raws")
    assert store.has(PRINT)  # the size is right
    with pytest.raises(Damaged, match=r"rows\.parquet has changed since it was written"):
        store.checked(PRINT)
    store.set_aside(PRINT)
    assert not store.has(PRINT)
    assert (tmp_path / "damaged" / PRINT / "rows.parquet").exists()


def test_another_size_or_no_file_is_no_result(tmp_path: Path) -> None:
    store = filled(tmp_path)
    said: list[str] = []
    store.warn = said.append
    path = store.step(PRINT) / "rows.parquet"
    path.unlink()
    assert not store.has(PRINT)
    path.write_bytes(b"longer than before")
    assert not store.has(PRINT)
    assert "is gone" in said[0] and "has 18 bytes, not 4" in said[1]


def test_a_damaged_answer_is_asked_for_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    said: list[str] = []
    store.warn = said.append
    store.record_answer("cd" * 32, {"answers": ["one"]})
    assert store.answer("cd" * 32) == {"answers": ["one"]}
    path = next((tmp_path / "answers").rglob("*.json"))
    path.write_text(path.read_text().replace("one", "two"))
    assert store.answer("cd" * 32) is None
    assert "this batch of answers is asked for again" in said[0]


@pytest.mark.parametrize(
    "text, said",
    [("1", "made by an older tunec"), ("99", "made by a newer tunec"), ("photos", "is not a store format")],
)
def test_a_store_of_another_format_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "format").write_text(text)
    with pytest.raises(StoreError, match=said):
        Store(tmp_path).prepare()


def _hold(root: Path, ready: multiprocessing.synchronize.Event, go: multiprocessing.synchronize.Event) -> None:
    store = Store(root)
    with store.lease(), store.locked(PRINT, print):
        ready.set()
        go.wait(30)
        with store.writing(PRINT) as folder:
            (folder / "rows.parquet").write_bytes(b"rows")
            store.seal(folder, {})


def test_of_two_builds_one_waits_and_gc_keeps_away(tmp_path: Path) -> None:
    from tunec.runtime.store.gc import alone

    store = Store(tmp_path)
    store.prepare()
    context = multiprocessing.get_context("spawn")
    ready, go = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path, ready, go))
    other.start()
    assert ready.wait(30)
    with pytest.raises(StoreError, match=f"process {other.pid}"), alone(store):
        pass
    said: list[str] = []

    def waiting(message: str) -> None:
        said.append(message)
        go.set()

    with store.lease(), store.locked(PRINT, waiting):
        assert store.has(PRINT)
    other.join(30)
    assert other.exitcode == 0
    assert said == ["another build is making this step; waiting for it"]
    with alone(store):
        pass


def test_what_killed_builds_left_is_cleared(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.prepare()
    left = store.temporary() / "half"
    left.write_bytes(b"x")
    with store.lease():
        assert not left.exists()


def test_a_copied_folder_is_not_the_step_that_it_is_named_after(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.prepare()
    with store.writing("aa" * 32) as folder:
        (folder / "rows.parquet").write_bytes(b"rows")
        store.seal(folder, {})
    assert store.has("aa" * 32)
    shutil.copytree(store.step("aa" * 32), store.step("bb" * 32))
    warned: list[str] = []
    store.warn = warned.append
    assert not store.has("bb" * 32)
    assert "not the record of the step" in warned[0]


def test_two_builds_of_one_process_number_are_both_seen(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.lease(), Store(tmp_path).lease():
        assert len(store.others_at_work()) == 2


def test_what_a_killed_process_left_half_written_goes_with_the_next_build(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.prepare()
    for name in ("last/.t.json.0123456789abcdef", "publications/.k.json.0123456789abcdef", ".format.0123456789abcdef"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("half")
    (tmp_path / ".gitignore").write_text("*")
    with store.lease():
        assert store.unfinished() == []
    assert (tmp_path / ".gitignore").exists()


def test_a_folder_that_is_no_store_is_not_made_one(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "draft.txt").write_text("mine too")
    with pytest.raises(StoreError, match="is not a tunec store"), Store(tmp_path).lease():
        pass
    assert (tmp_path / "tmp" / "draft.txt").exists()


@pytest.mark.parametrize("part", ["steps", "last", "answers", "vectors", "tmp", "work", "damaged", "builds", "locks"])
def test_a_link_in_a_store_leads_nothing_out(tmp_path: Path, part: str) -> None:
    """A project from somebody else may come with a store, and the store with links."""
    outside = tmp_path / "home"
    outside.mkdir()
    (outside / "t.json").write_text("mine")
    (outside / "ab").mkdir()
    root = tmp_path / ".tunec"
    Store(root).prepare()
    (root / part).symlink_to(outside)
    store = Store(root)
    acts: list[Callable[[], object]] = [
        lambda: store.remember("t", {}),
        lambda: store.record_answer("ab" * 32, ["x"]),
        lambda: store.temporary(),
        lambda: store.work("ab" * 32),
        lambda: store.put_aside(root / "format"),
        lambda: store.lease().__enter__(),
        lambda: store.locked("ab" * 32, print).__enter__(),
        lambda: store.publish(store.temporary(), store.step("ab" * 32)),
    ]
    for act in acts:
        with contextlib.suppress(OSError, StoreError):
            act()
    assert sorted(p.name for p in outside.rglob("*")) == ["ab", "t.json"]
    assert (outside / "t.json").read_text() == "mine"


def test_a_linked_note_does_not_overwrite_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "bashrc").write_text("mine")
    store = Store(tmp_path / ".tunec")
    store.prepare()
    (tmp_path / ".tunec" / "last").mkdir()
    (tmp_path / ".tunec" / "last" / "t.json").symlink_to(tmp_path / "bashrc")
    with pytest.raises(OutsideRoot):
        store.remember("t", {})
    assert (tmp_path / "bashrc").read_text() == "mine"


@pytest.mark.parametrize("part", ["versions", "versions/t", "last"])
def test_gc_takes_what_it_cannot_see_for_nothing(tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / ".tunec")
    store.prepare()
    (store.root / part).mkdir(parents=True)
    listed = Path.iterdir

    def refused(path: Path) -> Iterator[Path]:
        if path == store.root / part:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(PermissionError):
        garbage(store)


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("builds", "uv.lock"), ("last", ".a.0123456789abcdef"), ("publications", ".a.part"), ("answers", "x/.b.part"),
        ("vectors", ".a.part"), ("scores", ".a.part"), ("fetched", ".a.part"), ("tmp", "draft/a"),
    ],
)  # fmt: skip
def test_nothing_is_cleared_behind_a_link(tmp_path: Path, part: str, name: str) -> None:
    """What builds and `gc` take for unfinished or for an abandoned lock in the folder of somebody else."""
    store = Store(tmp_path / ".tunec")
    store.prepare()
    mine = tmp_path / "home" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    (store.root / part).symlink_to(tmp_path / "home")
    with pytest.raises(StoreError, match=rf"{part} is a link, to .*home, .*: remove it, or"), store.lease():
        pass
    with pytest.raises(StoreError, match="is a link"):
        store.check_format()
    assert mine.read_text() == "mine"


def test_the_format_of_a_store_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / ".tunec").mkdir()
    (tmp_path / ".tunec" / "format").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="format is a link"):
        Store(tmp_path / ".tunec").prepare()
    assert not (tmp_path / "elsewhere").exists()


def test_gc_deletes_nothing_that_a_link_leads_to(tmp_path: Path) -> None:
    outside = tmp_path / "home" / "letters"
    outside.mkdir(parents=True)
    (outside / "one.txt").write_text("mine")
    store = Store(tmp_path / ".tunec")
    store.prepare()
    (tmp_path / ".tunec" / "steps").mkdir()
    (tmp_path / ".tunec" / "steps" / "ab").symlink_to(outside.parent)
    with pytest.raises(OutsideRoot):
        remove(store, garbage(store))
    assert (outside / "one.txt").exists()


def test_a_step_that_is_a_link_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    store = Store(tmp_path / ".tunec")
    store.prepare()
    store.step("ab" * 32).parent.mkdir(parents=True)
    store.step("ab" * 32).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutsideRoot, match=r"steps/ab/abab.* leads out of .*; remove the link that stands there, or"):
        store.publish(store.temporary(), store.step("ab" * 32))
    store.step("ab" * 32).unlink()
    store.publish(store.temporary(), store.step("ab" * 32))
