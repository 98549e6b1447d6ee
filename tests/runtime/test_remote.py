"""A store that others share: what one builds, another fetches."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import Result, build
from tunec.runtime.store.files import hash_file, read_checked, write_checked
from tunec.runtime.store.published import versions_in
from tunec.runtime.store.remote import Remote, RemoteError
from tunec.runtime.store.shared import fetch_version
from tunec.runtime.store.store import Damaged, Store, StoreError

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

    from tunec.runtime.base.values import EmbedderSpec
    from tunec.runtime.models.vectors import embed

    asked: list[str] = []

    def encode(spec: EmbedderSpec, texts: list[str]) -> np.ndarray:
        asked.extend(texts)
        return np.ones((len(texts), 4), dtype=np.float16)

    spec = EmbedderSpec("test", "tiny", "1", "cpu", ())
    for name, texts in (("a", ["one", "two"]), ("b", ["one", "three"])):
        embed(Store(tmp_path / name, Remote(url)), spec, texts, encode, lambda done, total, what: None)
    assert asked == ["one", "two", "three"] or asked == ["two", "one", "three"]


def damage(shared: Path, folder: str, cut: bool = True) -> list[Path]:
    """Cut the files of a folder short, or turn a bit of their last byte."""
    found = [path for path in sorted((shared / folder).rglob("*")) if path.is_file()]
    for path in found:
        path.chmod(0o644)
        content = path.read_bytes()
        path.write_bytes(content[:-1] if cut else content[:-1] + bytes([content[-1] ^ 1]))
    return found


def shared(tmp_path: Path, name: str) -> Result:
    if not (tmp_path / name).exists():
        write(tmp_path / name)
    return build(tmp_path / name, SPEC, store=Store(tmp_path / name / ".tunec", Remote(f"file://{tmp_path}/shared")))


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("folder", ["objects", "steps"])
def test_what_is_damaged_there_is_made_again_and_healed_for_everyone(tmp_path: Path, folder: str, cut: bool) -> None:
    first = shared(tmp_path, "a")
    damaged = damage(tmp_path / "shared", folder, cut)
    second = shared(tmp_path, "b")
    assert set(second.reporter.started) == set(first.reporter.started)
    third = shared(tmp_path, "c")
    assert third.reporter.started == []
    versions = {r.built.published.version for r in (first, second, third) if r.built and r.built.published}
    assert len(versions) == 1
    if folder == "objects":
        records = [read_checked(path) for path in (tmp_path / "shared" / "steps").glob("*.json")]
        needed = {sha for record in records for sha, _ in record["files"].values()}
        assert all(hash_file(path) == path.name for path in damaged if path.name in needed)


def test_a_version_that_is_damaged_there_is_told_and_published_again(tmp_path: Path) -> None:
    first = shared(tmp_path, "a")
    assert first.built is not None and first.built.published is not None
    version = first.built.published.version
    damage(tmp_path / "shared", "objects")
    stores = [Store(tmp_path / name / ".tunec", Remote(f"file://{tmp_path}/shared")) for name in ("b", "c")]
    with pytest.raises(StoreError, match=f"{re.escape(version)}: .*; build it again"):
        fetch_version(stores[0], "t")
    shared(tmp_path, "a")
    fetch_version(stores[1], "t")
    assert [found.name for found in versions_in(stores[1].root)] == [version]


def test_what_is_gone_or_short_there_is_sent_again_from_where_it_is_whole(tmp_path: Path) -> None:
    shared(tmp_path, "a")
    damaged = damage(tmp_path / "shared", "objects")
    damaged.pop().unlink()
    shutil.rmtree(tmp_path / "a" / ".tunec" / "publications")  # so that there is something to do
    assert shared(tmp_path, "a").reporter.started == []
    whole = [path for path in damaged if hash_file(path) == path.name]
    assert whole, "rows that were read here are whole there again"


def test_a_damaged_answer_is_healed_for_everyone(tmp_path: Path, url: str) -> None:
    stores = [Store(tmp_path / name, Remote(url)) for name in ("a", "b", "c")]
    key = "ab" * 32
    stores[0].record_answer(key, ["yes"])
    remote = stores[0].remote
    assert remote is not None
    (tmp_path / "bad").write_text("{}")
    remote.fs.put_file(str(tmp_path / "bad"), f"{remote.root}/answers/ab/{key}.json")
    assert stores[1].answer(key) is None
    stores[1].record_answer(key, ["yes"])
    assert stores[2].answer(key) == ["yes"]


def test_what_is_damaged_and_cannot_be_deleted_is_written_over(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = [Store(tmp_path / name, Remote(url)) for name in ("a", "b", "c")]
    key = "ab" * 32
    for store in stores:
        assert store.remote is not None
        monkeypatch.setattr(store.remote.fs, "rm", refused)
    stores[0].record_answer(key, ["yes"])
    (tmp_path / "bad").write_text("{}")
    stores[0].remote.fs.put_file(str(tmp_path / "bad"), f"{stores[0].remote.root}/answers/ab/{key}.json")  # type: ignore[union-attr]
    assert stores[1].answer(key) is None
    stores[1].record_answer(key, ["yes"])
    assert stores[2].answer(key) == ["yes"]


def refused(*_: object) -> None:
    """A file system that may only grow."""
    raise PermissionError("Access Denied")


def test_an_answer_that_is_damaged_here_is_fetched_again(tmp_path: Path, url: str) -> None:
    store = Store(tmp_path / "a", Remote(url))
    store.record_answer("ab" * 32, ["yes"])
    (tmp_path / "a" / "answers" / "ab" / ("ab" * 32 + ".json")).write_text("{}")
    assert store.answer("ab" * 32) == ["yes"]


@given(st.text(st.sampled_from("./ab~\n\\ \0"), min_size=1, max_size=10))
def test_whatever_a_record_there_names_nothing_is_written_outside(name: str) -> None:
    """A record that somebody forged names a file of this machine, and an object for it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        bait, inside = root / "shared", root / "x" / "y" / "store"
        content = b"rm -rf ~"
        sha = hashlib.sha256(content).hexdigest()
        print_ = "cd" * 32
        (bait / "objects" / sha[:2]).mkdir(parents=True)
        (bait / "objects" / sha[:2] / sha).write_bytes(content)
        record = {"fingerprint": print_, "files": {name: [sha, len(content)]}, "recordings": []}
        write_checked(bait / "steps" / f"{print_}.json", record)
        before = {p for p in root.rglob("*") if p.is_file()}
        store = Store(inside, Remote(f"file://{bait}"))
        with contextlib.suppress(Damaged):
            store.info(print_)
        new = {p for p in root.rglob("*") if p.is_file()} - before
        assert all(path.is_relative_to(inside) for path in new), name


def test_a_forged_record_is_told_and_the_step_is_made(tmp_path: Path) -> None:
    shared(tmp_path, "a")
    victim = tmp_path / "bashrc"
    victim.write_text("mine")
    for path in (tmp_path / "shared" / "steps").glob("*.json"):
        record = json.loads(path.read_text())["value"]
        record["files"] = {str(victim): next(iter(record["files"].values()))}
        path.chmod(0o644)
        write_checked(path, record)
    second = shared(tmp_path, "b")
    assert victim.read_text() == "mine"
    assert len(set(second.reporter.started)) == 3
    assert any("forged" in warning for warning in second.reporter.warnings)


@pytest.mark.parametrize("url", ["s3://hush:key@bucket/x", "nosuch://user:hush@host/x?sig=hush#hush"])
def test_credentials_in_the_url_are_never_told(url: str) -> None:
    try:
        said = Remote(url).url
    except RemoteError as error:
        said = str(error)
    assert "hush" not in said and "***@" in said


def test_a_protocol_that_nobody_knows_is_an_error_for_a_person() -> None:
    with pytest.raises(RemoteError, match="nosuch"):
        Remote("nosuch://bucket")
