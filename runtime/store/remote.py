"""A store that a team or a CI shares: a folder or bucket that fsspec reaches (`s3://…`, `gs://…`, `file:///shared/…`).

The local store stays the one that builds work in; what it lacks is fetched, what it makes is sent.

    objects/AB/SHA256          files of steps, by their content, so that two builders cannot mix their files
    steps/FINGERPRINT.json     a step's record, sent last: whoever sees it finds all its objects
    answers/…, vectors/…, scores/…   recordings, as in the local store

What comes is compared with its hash or its checksum. What is damaged is taken out there, so that whoever makes it again
sends it anew, for everyone.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from tunec.dsl.secrets import masked
from tunec.dsl.visible import say
from tunec.runtime.store.files import NotAsWritten, OutsideRoot, hash_file, read_checked, within


class RemoteError(Exception):
    """The shared store cannot be reached or used; the message says why."""


class RemoteDamaged(Exception):
    """Something in the shared store is not what was sent there."""


class Remote:
    """A shared store behind a local one."""

    def __init__(self, url: str) -> None:
        import fsspec

        self.url = masked(url)
        try:
            self.fs, self.root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise RemoteError(f"the store {self.url} cannot be used: {masked(str(error))}") from None
        self.root = self.root.rstrip("/")
        self._steps: set[str] | None = None
        self._damaged: set[str] = set()  # where it could not be taken out, it is written over

    def _at(self, name: str) -> str:
        return f"{self.root}/{name}"

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Say what went wrong without what the URL may hold. A file that is not there is for the caller."""
        try:
            yield
        except (FileNotFoundError, RemoteDamaged, OutsideRoot):
            raise
        except OSError as error:
            raise RemoteError(f"cannot {what}: {masked(str(error))}") from None

    def has_step(self, fingerprint: str) -> bool:
        """Whether the shared store has a step. The names are listed once."""
        if self._steps is None:
            self._steps = {n.removesuffix(".json") for n in self.names("steps")}
        return fingerprint in self._steps

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, sorted; none where there is no such folder."""
        with self._asking(f"list {self.url}"):
            try:
                found = self.fs.ls(self._at(folder), detail=False, refresh=True)
            except FileNotFoundError:
                return []
        return sorted(str(path).rsplit("/", 1)[-1] for path in found)

    def pull_step(self, fingerprint: str, folder: Path, record: str) -> None:
        """Fetch a step's record and files into a folder. Raises RemoteDamaged where one is damaged or gone."""
        name = f"steps/{fingerprint}.json"
        try:
            if not self.pull_file(name, folder / record):
                raise RemoteDamaged(f"{self.url} has no whole record of the step {fingerprint[:12]}")
            files = {within(folder, file): sha for file, (sha, _) in _files_of(folder / record).items()}
            # All are looked at: what is damaged is sent anew only once it was found to be.
            bad = [sha for path, sha in files.items() if not self.pull_file(f"objects/{sha[:2]}/{sha}", path)]
            if bad:
                raise RemoteDamaged(f"{self.url}: the object {bad[0][:16]} is gone or damaged")
        except OutsideRoot as error:
            self.discard(name)
            raise RemoteDamaged(f"{self.url}: the record of step {fingerprint} is forged: {error}") from error
        except RemoteDamaged:
            self.discard(name)
            raise

    def push_step(self, fingerprint: str, folder: Path, record: str) -> None:
        """Send a step: its files first, its record last."""
        for name, (sha, _) in _files_of(folder / record).items():
            self.push_file(f"objects/{sha[:2]}/{sha}", folder / name)
        self.push_file(f"steps/{fingerprint}.json", folder / record)
        if self._steps is not None:
            self._steps.add(fingerprint)

    def heal(self, fingerprint: str, folder: Path, record: str) -> None:
        """Send again what is gone from a step there, or has another size, where the one here was found whole."""
        if not self.has_step(fingerprint):
            return
        for sha, size in _files_of(folder / record).values():
            name = f"objects/{sha[:2]}/{sha}"
            with self._asking(f"read {self.url}/{name}"):
                try:
                    found = self.fs.info(self._at(name)).get("size")
                except FileNotFoundError:
                    found = None
            if found != size:
                self.discard(name)
                self.push_step(fingerprint, folder, record)

    def pull_file(self, name: str, target: Path) -> bool:
        """Fetch a file; False where there is none that is whole."""
        part = target.with_name(f".{target.name}.part")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._asking(f"read {self.url}/{name}"):
                try:
                    with self.fs.open(self._at(name), "rb") as source, part.open("wb") as file:
                        shutil.copyfileobj(source, file)
                except FileNotFoundError:
                    return False
            if not _is_whole(name, part):
                say(f"damaged: {self.url}/{name} has changed since it was written; it runs again")
                self.discard(name)
                return False
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return True

    def push_file(self, name: str, source: Path) -> None:
        """Send a file under a name that shows it only when it is whole; one that is there already stays."""
        target = self._at(name)
        with self._asking(f"write {self.url}/{name}"):
            if self.fs.exists(target) and name not in self._damaged:
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
            self._damaged.discard(name)

    def discard(self, name: str) -> None:
        """Take out what is damaged, so that it can be sent anew; where that is forbidden, it is written over then."""
        self._damaged.add(name)
        if self._steps is not None and name.startswith("steps/"):
            self._steps.discard(PurePosixPath(name).stem)
        try:
            self.fs.rm_file(self._at(name))
        except (OSError, NotImplementedError):  # gone already, or an archive that may only grow
            return


def _is_whole(name: str, path: Path) -> bool:
    """Whether a file is what its name, or the checksum in it, says."""
    kind, _, rest = name.partition("/")
    stem = PurePosixPath(rest).stem
    if kind == "objects":
        return hash_file(path) == stem
    if kind in ("vectors", "scores"):
        return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest() == stem
    try:
        read_checked(path)
    except NotAsWritten:
        return False
    return True


def _files_of(record: Path) -> dict[str, tuple[str, int]]:
    """The files of a step, with their hashes and sizes, by its record. Raises RemoteDamaged."""
    saved: Any = read_checked(record)
    try:
        files = {str(name): (str(sha), int(size)) for name, (sha, size) in saved["files"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RemoteDamaged("the record of a step in the shared store is forged: it has no files") from error
    if not all(len(sha) == 64 and sha.isalnum() for sha, _ in files.values()):
        raise RemoteDamaged("the record of a step in the shared store is forged: a hash in it is none")
    return files
