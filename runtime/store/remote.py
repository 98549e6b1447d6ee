"""A store that a team or a CI shares: a folder or bucket that fsspec reaches (`s3://…`, `gs://…`, `file:///shared/…`).

The local store stays the one that builds work in; what it lacks is fetched, what it makes is sent.

    objects/AB/SHA256          files of steps, by their content, so that two builders cannot mix their files
    steps/FINGERPRINT.json     a step's record, sent last: whoever sees it finds all its objects
    answers/…, vectors/…, scores/…   recordings, as in the local store
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tunec.runtime.store.files import OutsideRoot, hash_file, within


class RemoteError(Exception):
    """The shared store cannot be reached or used; the message says why."""


class Remote:
    """A shared store behind a local one."""

    def __init__(self, url: str) -> None:
        import fsspec

        self.url = url
        try:
            self.fs, self.root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise RemoteError(f"the store {url} cannot be used: {error}") from error
        self.root = self.root.rstrip("/")
        self._steps: set[str] | None = None

    def _at(self, name: str) -> str:
        return f"{self.root}/{name}"

    def has_step(self, fingerprint: str) -> bool:
        """Whether the shared store has a step. The names are listed once."""
        if self._steps is None:
            self._steps = {n.removesuffix(".json") for n in self.names("steps")}
        return fingerprint in self._steps

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, sorted; none where there is no such folder."""
        try:
            found = self.fs.ls(self._at(folder), detail=False, refresh=True)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RemoteError(f"cannot list {self.url}: {error}") from error
        return sorted(str(path).rsplit("/", 1)[-1] for path in found)

    def pull_step(self, fingerprint: str, folder: Path, record: str) -> None:
        """Fetch a step's record and files into a folder. A file with other content than its name says is an error."""
        if not self.pull_file(f"steps/{fingerprint}.json", folder / record):
            raise RemoteError(f"{self.url} has no step {fingerprint} any more")
        saved: dict[str, Any] = json.loads((folder / record).read_bytes())["value"]
        for name, (sha, _) in saved["files"].items():
            try:
                path = within(folder, name)
            except OutsideRoot as error:
                raise RemoteError(f"{self.url}: the record of step {fingerprint} is forged: {error}") from error
            if not self.pull_file(f"objects/{sha[:2]}/{sha}", path) or hash_file(path) != sha:
                raise RemoteError(
                    f"{self.url}: the object {sha[:16]} is gone or damaged; delete steps/{fingerprint}.json"
                )

    def push_step(self, fingerprint: str, folder: Path, record: str) -> None:
        """Send a step: its files first, its record last."""
        saved: dict[str, Any] = json.loads((folder / record).read_bytes())["value"]
        for name, (sha, _) in saved["files"].items():
            self.push_file(f"objects/{sha[:2]}/{sha}", folder / name)
        self.push_file(f"steps/{fingerprint}.json", folder / record)
        if self._steps is not None:
            self._steps.add(fingerprint)

    def pull_file(self, name: str, target: Path) -> bool:
        """Fetch a file; False where there is none."""
        part = target.with_name(f".{target.name}.part")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self.fs.open(self._at(name), "rb") as source, part.open("wb") as file:
                shutil.copyfileobj(source, file)
        except FileNotFoundError:
            part.unlink(missing_ok=True)
            return False
        except OSError as error:
            part.unlink(missing_ok=True)
            raise RemoteError(f"cannot read {self.url}/{name}: {error}") from error
        part.replace(target)
        return True

    def push_file(self, name: str, source: Path) -> None:
        """Send a file under a name that shows it only when it is whole; one that is there already stays."""
        target = self._at(name)
        try:
            if self.fs.exists(target):
                return
            self.fs.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
            if self.fs.protocol in ("file", ("file", "local")) or "file" in self.fs.protocol:
                # A folder shows a file while it grows; object stores do not.
                import uuid

                part = f"{target}.{uuid.uuid4().hex}.part"
                self.fs.put_file(str(source), part)
                self.fs.mv(part, target)
            else:
                self.fs.put_file(str(source), target)
        except OSError as error:
            raise RemoteError(f"cannot write {self.url}/{name}: {error}") from error
