"""The content-addressed store: one folder a step, named by its fingerprint, never half written.

    format                  the layout's version
    steps/AB/ABCD…/         rows.parquet, drops.parquet, step.json, or the files of a model or an evaluation
    answers/AB/ABCD….json   one recorded batch of model answers
    vectors/EMBEDDER/*.npz  recorded vectors, keyed by the hash of their text
    last/SPEC.json          the ingredients of the last build's steps, for reasons
    versions/NAME/…         published versions
    work/, tmp/             unfinished things; safe to remove while nothing runs

A thing is written under `tmp/`, synced, and renamed to its name; whoever sees the name sees all of it.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tunec.compiler.graph import canonical

FORMAT = "1"
DONE = "step.json"


class StoreError(Exception):
    """The store cannot be used; the message says why, and what to do."""


class Store:
    """A store in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self) -> None:
        """Make the folder if need be, and refuse a store of another format."""
        marker = self.root / "format"
        try:
            if marker.exists():
                found = marker.read_text().strip()
                if found != FORMAT:
                    raise StoreError(
                        f"{self.root} has store format {found}, and this version of tunec works with {FORMAT}: "
                        "use another folder (--store), or the version of tunec that made it"
                    )
                return
            self.root.mkdir(parents=True, exist_ok=True)
            write_atomically(marker, FORMAT + "\n")
        except OSError as error:
            raise StoreError(f"cannot write to the store {self.root}: {error.strerror}") from error

    def has(self, fingerprint: str) -> bool:
        """Whether a step's result is stored, whole."""
        return (self.step(fingerprint) / DONE).exists()

    def step(self, fingerprint: str) -> Path:
        """The folder of a step's result."""
        return self.root / "steps" / fingerprint[:2] / fingerprint

    def info(self, fingerprint: str) -> dict[str, Any]:
        """What was recorded about a stored step."""
        found: dict[str, Any] = json.loads((self.step(fingerprint) / DONE).read_text(encoding="utf-8"))
        return found

    @contextmanager
    def writing(self, fingerprint: str) -> Iterator[Path]:
        """A fresh folder that becomes the step's result when the block ends well, and vanishes when it does not."""
        folder = self.temporary()
        try:
            yield folder
            self.publish(folder, self.step(fingerprint))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def temporary(self) -> Path:
        """A fresh folder for something unfinished."""
        parent = self.root / "tmp"
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=parent))

    def work(self, fingerprint: str) -> Path:
        """The folder in which a long step keeps what it can go on from."""
        folder = self.root / "work" / fingerprint
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def publish(self, folder: Path, target: Path) -> None:
        """Sync a finished folder and give it its name, in place of what stands there."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                _sync(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            old = self.temporary()
            target.rename(old / "old")
            folder.rename(target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            folder.rename(target)
        _sync(target.parent)

    def answer(self, key: str) -> Any | None:
        """A recorded batch of answers, or None."""
        path = self._answer(key)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def asking(self, key: str) -> int:
        """Note that a batch is being asked for; gives how often it was asked for before and never recorded."""
        mark = self._answer(key).with_suffix(".asked")
        before = int(mark.read_text(encoding="utf-8")) if mark.exists() else 0
        write_atomically(mark, str(before + 1))
        return before

    def record_answer(self, key: str, answers: Any) -> None:
        """Record a batch of answers for good: it is never asked for again."""
        write_atomically(self._answer(key), canonical(answers))
        self._answer(key).with_suffix(".asked").unlink(missing_ok=True)

    def _answer(self, key: str) -> Path:
        return self.root / "answers" / key[:2] / f"{key}.json"

    def last(self, spec: str) -> dict[str, Any]:
        """The ingredients of the last build's steps of a spec, by label; empty where there was none."""
        path = self.root / "last" / f"{spec}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def remember(self, spec: str, steps: dict[str, Any]) -> None:
        """Keep the ingredients of a build's steps."""
        write_atomically(self.root / "last" / f"{spec}.json", canonical(steps))


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that its name only ever shows all of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
