"""The content-addressed store: one folder a step, named by its fingerprint, never half written.

    format                     the layout's version
    steps/AB/ABCD…/            rows.parquet, drops.parquet, asked.parquet of a generation; or the files of a model or
                               an evaluation; step.json
    answers/AB/ABCD….json      one recorded batch of model answers, of a generation
    answers/MODEL/ABCD….json   likewise, of requests that are looked up one by one
    vectors/EMBEDDER/*.npz     recorded vectors, keyed by the hash of their text
    scores/MODEL/*.npz         recorded scores of texts, likewise
    fetched/…                  files behind URLs (`tunec.runtime.sources.fetched`)
    last/SPEC.json             the ingredients of the last build's steps, for reasons
    publications/KEY.json      which version a build published
    spending/SPEC.log          what builds paid that did not come to their end (`tunec.runtime.store.spending`)
    versions/NAME/…            published versions, never changed again
    damaged/                   what was found damaged, for a look; `tunec gc` removes it
    builds/, locks/            who is at work; work/, tmp/: unfinished things

A thing is written under `tmp/`, synced, and renamed to its name; whoever sees the name sees all of it. `step.json`
holds the hash and the size of every file beside it, so that a damaged object is found before anything is made of it.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tunec.dsl.visible import say
from tunec.runtime.store.files import (
    NotAsWritten,
    files_under,
    hash_file,
    is_draft,
    naming,
    read_checked,
    sync,
    within,
    write_atomically,
    write_checked,
)
from tunec.runtime.store.format import Damaged as Damaged
from tunec.runtime.store.format import StoreError as StoreError
from tunec.runtime.store.format import check_format, prepare, unwritable
from tunec.runtime.store.forms import NOTES, RECORD
from tunec.runtime.store.marks import building
from tunec.runtime.store.remote import Remote, RemoteDamaged

DONE = "step.json"


def _host() -> str:
    import socket

    return re.sub(r"[^\w.-]", "_", socket.gethostname())[:60]


class Store:
    """A store in a folder. With a `remote` one, which machines share, that is the store, and the folder a cache of it.

    `warn` is told of damage. `touched` collects the recordings that are read or written: what a step depends on.
    """

    def __init__(self, root: Path, remote: Remote | None = None) -> None:
        self.root = root
        self.remote = remote
        self.warn: Callable[[str], None] = say
        self.touched: set[str] = set()
        self._sound: set[str] = set()
        self._writing = ""

    def prepare(self) -> None:
        """Make the folder if need be, and refuse a store of another format, and a folder that is none."""
        prepare(self.root)

    def check_format(self) -> None:
        """Raises StoreError where the store is of another format than this version of tunec works with."""
        check_format(self.root)

    def at(self, name: str) -> Path:
        """Where something is written in the store. A store may come from someone else: no link in it leads out."""
        return within(self.root, name, "; remove the link that stands there, or use another folder with --store")

    # Who is at work

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Mark this process as at work in the store, so that `gc` keeps away. What killed builds left is cleared."""
        from filelock import FileLock

        self.prepare()
        folder = self.at("builds")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # A process number alone is not enough: two containers that share a store may both have number 7.
            own = FileLock(folder / f"{os.getpid()} on {_host()} ({os.urandom(4).hex()}).lock")
            with FileLock(self.at("gc.lock")):
                if not self.others_at_work():
                    shutil.rmtree(self.root / "tmp", ignore_errors=True)
                    for left in self.unfinished():
                        left.unlink(missing_ok=True)
                own.acquire()
        except OSError as error:
            raise StoreError(unwritable(self.root, error)) from error
        try:
            with building(self.remote, Path(own.lock_file).stem) if self.remote is not None else nullcontext():
                yield
        finally:
            own.release()
            Path(own.lock_file).unlink(missing_ok=True)

    def others_at_work(self) -> list[str]:
        """The builds that are at work in this store, as `PROCESS on HOST`. Ask while `gc.lock` is held.

        A lease counts for as long as the system holds its lock, so that a killed build is not waited for.
        """
        from filelock import FileLock, Timeout

        found = []
        for path in sorted((self.root / "builds").glob("*.lock")):
            try:
                with FileLock(path, timeout=0):
                    path.unlink(missing_ok=True)
            except Timeout:
                found.append(path.stem.partition(" (")[0])
        return found

    def unfinished(self) -> list[Path]:
        """Files that a killed process had not yet given their names, outside of `tmp/`."""
        folders = ("last", "publications", "answers", "vectors", "scores", "fetched")
        hidden = [p for name in folders for p in (self.root / name).rglob(".*")]
        return sorted(p for p in [*hidden, *self.root.glob(".*")] if is_draft(p))

    @contextmanager
    def locked(self, fingerprint: str, waiting: Callable[[str], None]) -> Iterator[None]:
        """Hold a step alone: of two builds here that need it, one makes it and the other waits for it. One that another
        machine has sent meanwhile is seen."""
        from filelock import FileLock, Timeout

        folder = self.at("locks")
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{fingerprint}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            waiting("another build is making this step; waiting for it")
            lock.acquire()
        try:
            if self.remote is not None:
                self.remote.look_again(fingerprint)
            yield
        finally:
            lock.release()

    # Steps

    def has(self, fingerprint: str) -> bool:
        """Whether a step's result is stored, here or remotely, whole as far as names and sizes tell."""
        folder = self.step(fingerprint)
        if not (folder / DONE).exists():
            return self.remote is not None and self.remote.has_step(fingerprint)
        try:
            files = self.info(fingerprint)["files"]
        except Damaged as damage:
            self.warn(f"{damage}; it runs again")
            return False
        for name, (_, size) in files.items():
            path = folder / name
            found = path.stat().st_size if path.exists() else None
            if found != size:
                said = "is gone" if found is None else f"has {found:,} bytes, not {size:,}"
                self.warn(f"damaged: {path} {said}; the step runs again")
                return False
        return True

    def step(self, fingerprint: str) -> Path:
        """The folder of a step's result."""
        return self.root / "steps" / fingerprint[:2] / fingerprint

    def info(self, fingerprint: str) -> dict[str, Any]:
        """What was recorded about a stored step. Its files are not fetched for that."""
        path = self.step(fingerprint) / DONE
        if not path.exists():
            record = self.remote.step(fingerprint) if self.remote is not None else None
            if record is None:
                raise Damaged(fingerprint, f"the result of a step is gone: {path.parent}")
            return record
        try:
            found: dict[str, Any] = read_checked(path, RECORD)
        except NotAsWritten as error:
            raise Damaged(fingerprint, str(error)) from error
        if found.get("fingerprint") != fingerprint:
            # A folder that was copied or renamed passes for another step, with hashes that all agree.
            raise Damaged(fingerprint, f"damaged: {path} is not the record of the step that its folder is named after")
        return found

    def checked(self, fingerprint: str) -> Path:
        """The folder of a step's result, after its files were compared with their hashes. Raises Damaged."""
        folder = self.step(fingerprint)
        if fingerprint not in self._sound:
            if not (folder / DONE).exists():
                self._pull(fingerprint)
            for name, (sha, _) in self.info(fingerprint)["files"].items():
                if not (folder / name).exists() or hash_file(folder / name) != sha:
                    raise Damaged(fingerprint, f"damaged: {folder / name} has changed since it was written")
            self._sound.add(fingerprint)
            if self.remote is not None:
                self.remote.heal(fingerprint, folder, DONE)
        return folder

    def set_aside(self, fingerprint: str) -> None:
        """Take a damaged step out of the way."""
        self._sound.discard(fingerprint)
        self.put_aside(self.step(fingerprint))

    def put_aside(self, path: Path) -> Path:
        """Keep something damaged for a look, out of the way, until `gc`; gives its place there."""
        target, taken = self.at(f"damaged/{path.name}"), 1
        target.parent.mkdir(exist_ok=True)
        while target.exists():
            taken += 1
            target = self.at(f"damaged/{path.name}.{taken}")
        if path.exists():
            shutil.move(path, target)  # which may lie on another disk
        return target

    @contextmanager
    def writing(self, fingerprint: str) -> Iterator[Path]:
        """A fresh folder that becomes the step's result when the block ends well, and vanishes when it does not.

        The block ends with `seal`.
        """
        folder = self.temporary()
        self.touched.clear()
        self._writing = fingerprint
        try:
            with naming(folder):
                yield folder
                self.publish(folder, self.step(fingerprint))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self._sound.add(fingerprint)
        shutil.rmtree(self.root / "work" / fingerprint, ignore_errors=True)
        self._send(fingerprint)

    def share(self, fingerprint: str) -> None:
        """Send a step to the shared store that is whole here and not there. Raises Damaged."""
        if self.remote is None or self.remote.has_step(fingerprint) or not (self.step(fingerprint) / DONE).exists():
            return
        self.checked(fingerprint)
        self._send(fingerprint)

    def _send(self, fingerprint: str) -> None:
        """Send a step with the recordings that it rests on."""
        if self.remote is None:
            return
        folder, recordings = self.step(fingerprint), self.info(fingerprint)["recordings"]
        self.remote.push_all({name: path for name in recordings if (path := self.root / name).exists()})
        self.remote.push(f"steps/{fingerprint}.json", folder, folder / DONE)

    def seal(self, folder: Path, info: dict[str, Any]) -> None:
        """Write what is known about a finished step, with the hashes of its files and the recordings it rests on."""
        files = {name: [hash_file(p), p.stat().st_size] for name, p in files_under(folder).items()}
        whole = {**info, "fingerprint": self._writing, "files": files, "recordings": sorted(self.touched)}
        write_checked(folder / DONE, whole)

    def temporary(self) -> Path:
        """A fresh folder for something unfinished."""
        parent = self.at("tmp")
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=parent))

    def work(self, fingerprint: str) -> Path:
        """The folder in which a long step keeps what it can go on from."""
        folder = self.at(f"work/{fingerprint}")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def publish(self, folder: Path, target: Path) -> None:
        """Sync a finished folder and give it its name, in place of what stands there. Its files are read-only then:
        `build/` shows them by hard links, and an edit there must not reach the store."""
        target = self.at(str(target.relative_to(self.root)))
        for path in files_under(folder).values():
            path.chmod(0o444)
            sync(path)
        folder.chmod(0o755)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            old = self.temporary()
            target.rename(old / "old")
            folder.rename(target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            folder.rename(target)
        sync(target.parent)

    def _pull(self, fingerprint: str) -> None:
        if self.remote is None or not self.remote.has_step(fingerprint):
            raise Damaged(fingerprint, f"the result of a step is gone: {self.step(fingerprint)}")
        folder = self.temporary()
        try:
            self.remote.pull(f"steps/{fingerprint}.json", folder, folder / DONE)
            self.publish(folder, self.step(fingerprint))
        except RemoteDamaged as damage:
            raise Damaged(fingerprint, str(damage)) from damage
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # Recordings

    def answer(self, key: str) -> Any | None:
        """A recorded batch of answers, or None. Keys of batches on a shelf are `SHELF/KEY`."""
        name = self._answer(key)
        path = self.at(name)
        answers = self._answers_in(path) if path.exists() else None
        if answers is None and self.remote is not None and self.remote.pull_file(name, path):
            answers = self._answers_in(path)
        if answers is not None:
            self.touched.add(name)
        return answers

    def answers_on(self, shelf: str) -> Iterator[tuple[str, Any]]:
        """The recorded batches of a shelf, in the order of their names, each with its name for `touched`."""
        folder = f"answers/{shelf}"
        self.fetch(folder, ".json")
        for path in sorted((self.root / folder).glob("*.json")):
            answers = self._answers_in(path)
            if answers is not None:
                yield f"{folder}/{path.name}", answers

    def fetch(self, folder: str, *endings: str) -> None:
        """Bring the recordings of a folder that the shared store has, with these endings, here."""
        if self.remote is not None:
            self.remote.pull_new(folder, self.at(folder), endings)

    def _answers_in(self, path: Path) -> Any | None:
        try:
            return read_checked(path)
        except NotAsWritten as error:
            self.warn(f"{error}; this batch of answers is asked for again")
            self.put_aside(path)
            return None

    def asking(self, key: str) -> int:
        """Note that a batch is being asked for; gives how often it was asked for before and never recorded."""
        mark = self.at(self._answer(key)).with_suffix(".asked")
        said = mark.read_text(encoding="utf-8", errors="replace").strip() if mark.exists() else "0"
        before = int(said) if said.isdecimal() else 1  # a damaged mark says no more than that there was one
        write_atomically(mark, str(before + 1))
        return before

    def record_answer(self, key: str, answers: Any) -> None:
        """Record a batch of answers for good: it is never asked for again."""
        name = self._answer(key)
        path = self.at(name)
        write_checked(path, answers)
        path.with_suffix(".asked").unlink(missing_ok=True)
        self.touched.add(name)
        if self.remote is not None:
            self.remote.push_file(name, path)

    def _answer(self, key: str) -> str:
        return f"answers/{key}.json" if "/" in key else f"answers/{key[:2]}/{key}.json"

    # What was built before

    def last(self, spec: str) -> dict[str, Any]:
        """The ingredients of the last build's steps of a spec, by label; empty where there was none."""
        name = f"last/{spec}.json"
        if self.remote is not None:
            self.remote.pull_file(name, self.at(name))
        return self.note(name) or {}

    def remember(self, spec: str, steps: dict[str, Any]) -> None:
        """Keep the ingredients of a build's steps."""
        name = f"last/{spec}.json"
        self.keep_note(name, steps)
        if self.remote is not None:
            self.remote.push_file(name, self.at(name), again=True)

    def note(self, name: str) -> dict[str, Any] | None:
        """A note of an earlier build, or None. A damaged one is as good as none: it only saves work."""
        path = self.root / name
        if not path.exists():
            return None
        try:
            note: dict[str, Any] = read_checked(path, NOTES[name.partition("/")[0]])
        except NotAsWritten as error:
            self.warn(f"{error}; it is written again")
            return None
        return note

    def keep_note(self, name: str, note: dict[str, Any]) -> None:
        """Write a note for later builds."""
        write_checked(self.at(name), note)
