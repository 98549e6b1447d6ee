"""A store behind a URL that fsspec reaches (`s3://…`, `gs://…`, `file:///shared/…`), for as many machines as there are.

What is to stay lies there; the folder that a build works in is a cache of it, which may be thrown away.

    objects/AB/SHA256          files of steps and versions, by their content: two builders cannot mix their files
    steps/FINGERPRINT.json     a step's record, sent last: whoever sees it finds all its objects
    versions/NAME/NUMBER.json  likewise of a published version (`tunec.runtime.store.shared`)
    answers/…, vectors/…, scores/…   recordings, as in the local store
    last/SPEC.json             the ingredients of the last build's steps
    builds/…, gc               who is at work (`tunec.runtime.store.marks`)

Every object is written at once and never changed, but for notes and logs of answers, which have one writer and only
grow. Nothing is renamed or locked there. What comes is compared with its hash or its checksum. What is damaged is taken
out there, so that whoever makes it again sends it anew, for everyone.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from tunec.dsl.secrets import masked
from tunec.dsl.visible import say
from tunec.runtime.store.files import NotAsWritten, OutsideRoot, hash_file, read_checked, value_in, within
from tunec.runtime.store.format import StoreError
from tunec.runtime.store.forms import RECORD, misfit

Result = TypeVar("Result")

_AT_ONCE = 8  # files that are fetched side by side


class RemoteError(StoreError):
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
        except ImportError as error:
            mend = "pip install 'tunec[s3]'" if url.startswith(("s3://", "s3a://")) else masked(str(error))
            raise RemoteError(f"the store {self.url} cannot be used: a package is not installed: {mend}") from None
        except ValueError as error:
            raise RemoteError(f"the store {self.url} cannot be used: {masked(str(error))}") from None
        self.fs.dircache.use_listings_cache = False  # a listing that is kept would hide what others send
        self.fs.invalidate_cache()
        if self.fs.async_impl:
            # A request that breaks fails whoever waits for it; tasks beside it would print theirs.
            self.fs.loop.set_exception_handler(lambda loop, context: None)
        self.root = self.root.rstrip("/")
        self._is_folder = "file" in self.fs.protocol
        self._steps: set[str] | None = None
        self._records: dict[str, dict[str, Any]] = {}  # of steps
        self._there: set[str] = set()  # what was seen or sent
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
        except Exception as error:  # each file system has errors of its own
            if isinstance(error, OSError) and error.errno == errno.ENOSPC and not self._is_folder:
                raise  # of this machine
            said = masked(str(error)) or type(error).__name__
            raise RemoteError(f"cannot {what}: {said}; what is finished is kept, rerun to resume") from None

    # What is there

    def has_step(self, fingerprint: str) -> bool:
        """Whether the shared store has a step. The names are listed once."""
        if self._steps is None:
            self._steps = {n.removesuffix(".json") for n in self.names("steps")}
        return fingerprint in self._steps

    def step(self, fingerprint: str) -> dict[str, Any] | None:
        """The record of a step; None where there is none that is whole."""
        name = f"steps/{fingerprint}.json"
        if fingerprint not in self._records and self.has_step(fingerprint):
            record = self.records([name]).get(name)
            if record is None or misfit(record, RECORD) or record["fingerprint"] != fingerprint:
                self.discard(name)
                return None
            self._records[fingerprint] = record
        return self._records.get(fingerprint)

    def look_again(self, fingerprint: str) -> None:
        """See a step that others have sent since the names were listed."""
        if self._steps is not None and fingerprint not in self._steps and self.size(f"steps/{fingerprint}.json"):
            self._steps.add(fingerprint)

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, sorted; none where there is no such folder."""
        return sorted(self.sizes(folder))

    def sizes(self, folder: str, deep: bool = False) -> dict[str, int]:
        """The files in a folder by name, with their sizes; all that are below it where that is to be `deep`."""
        # Not by `find`, which takes a folder that cannot be listed for an empty one.
        with self._asking(f"list {self.url}"):
            try:
                listed = self.fs.ls(self._at(folder), detail=True, refresh=True)
            except FileNotFoundError:
                return {}
        found: dict[str, int] = {}
        for info in listed:
            name = str(info["name"]).rstrip("/").rsplit("/", 1)[-1]
            if info["type"] == "file":
                found[name] = int(info["size"] or 0)
            elif deep:
                below = self.sizes(f"{folder}/{name}", deep)
                found |= {f"{name}/{path}": size for path, size in below.items()}
        return found

    def size(self, name: str) -> int | None:
        """The size of a file; None where there is none."""
        with self._asking(f"read {self.url}/{name}"):
            try:
                return int(self.fs.info(self._at(name))["size"] or 0)
            except FileNotFoundError:
                return None

    def written(self, name: str) -> datetime | None:
        """When a file was written, by the clock there; None where there is none."""
        with self._asking(f"read {self.url}/{name}"):
            try:
                when: datetime = self.fs.modified(self._at(name))
            except FileNotFoundError:
                return None
        return when

    # Folders with a record: steps and versions

    def pull(self, name: str, folder: Path, record: Path) -> None:
        """Fetch a record, and the files that it names into a folder. Raises RemoteDamaged where one is not whole."""
        try:
            if not self.pull_file(name, record):
                raise RemoteDamaged(f"{self.url} has no whole {name}")
            files = {within(folder, file): sha for file, (sha, _) in _files_of(record).items()}
            # All are looked at: what is damaged is sent anew only once it was found to be.
            whole = self._pulled({f"objects/{sha[:2]}/{sha}": path for path, sha in files.items()}, files)
            bad = [sha for path, sha in files.items() if path not in whole]
            if bad:
                raise RemoteDamaged(f"{self.url}: the object {bad[0][:16]} is gone or damaged")
        except OutsideRoot as error:
            self.discard(name)
            what = name.replace("steps/", "step ").removesuffix(".json")
            raise RemoteDamaged(f"{self.url}: the record of {what} is forged: {error}") from error
        except RemoteDamaged:
            self.discard(name)
            raise

    def _pulled(self, objects: Mapping[str, Path], files: Mapping[Path, str]) -> set[Path]:
        """Fetch objects, and give equal files a copy each; gives the files that are whole."""
        whole = {objects[name] for name in self._pull_all(objects)}
        first = {files[path]: path for path in whole}
        for path, sha in files.items():
            if path not in whole and sha in first:
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(first[sha], path)
                whole.add(path)
        return whole

    def push(self, name: str, folder: Path, record: Path) -> None:
        """Send the files of a folder, and last the record that names them."""
        self.push_all({f"objects/{sha[:2]}/{sha}": folder / file for file, (sha, _) in _files_of(record).items()})
        self.push_file(name, record)
        if self._steps is not None and name.startswith("steps/"):
            self._steps.add(PurePosixPath(name).stem)

    def heal(self, fingerprint: str, folder: Path, record: str) -> None:
        """Send again what is gone from a step there, or has another size, where the one here was found whole."""
        if self.has_step(fingerprint):
            self.push(f"steps/{fingerprint}.json", folder, folder / record)

    # Files

    def pull_file(self, name: str, target: Path) -> bool:
        """Fetch a file; False where there is none that is whole."""
        part = target.with_name(f".{target.name}.part")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._asking(f"read {self.url}/{name}"):
                try:
                    self.fs.get_file(self._at(name), str(part))
                except FileNotFoundError:
                    return False
            if not _is_whole(name, part):
                say(f"damaged: {self.url}/{name} has changed since it was written, and is taken out")
                self.discard(name)
                return False
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        self._there.add(name)
        return True

    def _pull_all(self, targets: Mapping[str, Path]) -> list[str]:
        """Fetch files side by side; gives the names of those that are whole."""
        came = _side_by_side(self.pull_file, targets)
        return [name for name, whole in zip(targets, came, strict=True) if whole]

    def pull_new(self, folder: str, here: Path, endings: Sequence[str]) -> None:
        """Fetch what a folder here lacks of files with these endings, and of logs that have grown."""
        found = {name: size for name, size in self.sizes(folder).items() if name.endswith(tuple(endings))}

        def is_new(name: str, size: int) -> bool:
            try:
                return (here / name).stat().st_size < size and grows(name)
            except FileNotFoundError:
                return True

        self._pull_all({f"{folder}/{name}": within(here, name) for name, size in found.items() if is_new(name, size)})
        self._there.update(f"{folder}/{name}" for name in found)

    def push_file(self, name: str, source: Path, again: bool = False) -> None:
        """Send a file under a name that shows it only when it is whole. One that is there already stays, unless it is
        to be sent `again`, was cut short, or is a log that has grown."""
        if not again and not grows(name) and name in self._there:
            return
        size = None if again or name in self._damaged else self.size(name)
        if size is not None and not _is_other(name, size, source.stat().st_size):
            self._there.add(name)
            return
        self._put(name, lambda target: self.fs.put_file(str(source), target))

    def push_all(self, sources: Mapping[str, Path]) -> None:
        """Send files side by side, as `push_file` does."""
        _side_by_side(self.push_file, sources)

    def push_bytes(self, name: str, content: bytes) -> None:
        """Send a content under a name that shows it only when it is whole, in place of what is there."""
        self._put(name, lambda target: self.fs.pipe_file(target, content))

    def _put(self, name: str, send: Callable[[str], object]) -> None:
        target = self._at(name)
        with self._asking(f"write {self.url}/{name}"):
            try:
                if self._is_folder:
                    # A folder shows a file while it grows; object stores do not, and have no folders.
                    part = f"{target}.{os.urandom(8).hex()}.part"
                    self.fs.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
                    send(part)
                    self.fs.mv(part, target)
                else:
                    send(target)
            except FileNotFoundError as error:
                raise OSError(str(error)) from error
        self._damaged.discard(name)
        self._there.add(name)

    def discard(self, name: str) -> None:
        """Take out what is damaged, so that it can be sent anew; where that is forbidden, it is written over then."""
        self._damaged.add(name)
        self._there.discard(name)
        if self._steps is not None and name.startswith("steps/"):
            self._steps.discard(PurePosixPath(name).stem)
            self._records.pop(PurePosixPath(name).stem, None)
        with suppress(RemoteError):  # an archive that may only grow
            self.remove([name])

    def remove(self, names: Sequence[str]) -> None:
        """Delete files; those that are gone already are no matter."""
        with self._asking(f"delete in {self.url}"), suppress(FileNotFoundError):
            self.fs.rm([self._at(name) for name in names])

    def records(self, names: Sequence[str]) -> dict[str, Any]:
        """The values of records and notes by name, without those that are gone or damaged."""
        found: dict[str, Any] = {}
        with self._asking(f"read {self.url}"):
            contents = self.fs.cat([self._at(name) for name in names], on_error="return") if names else {}
            if isinstance(contents, bytes):  # of a single one
                contents = {self._at(names[0]): contents}
            for path, content in contents.items():
                if isinstance(content, Exception) and not isinstance(content, FileNotFoundError):
                    raise content
                name = str(path)[len(self.fs._strip_protocol(self.root)) + 1 :]
                with suppress(NotAsWritten):
                    if isinstance(content, bytes):
                        found[name] = value_in(content, f"{self.url}/{name}")
        return found


def grows(name: str) -> bool:
    """Whether a recording grows: a log of answers, or what is noted of a batch. It has one writer, so of two copies the
    longer one is the newer."""
    path = PurePosixPath(name)
    return path.suffix == ".log" or path.name.startswith("batch-")


def _side_by_side(work: Callable[[str, Path], Result], files: Mapping[str, Path]) -> list[Result]:
    if len(files) < 2:
        return [work(name, path) for name, path in files.items()]
    with ThreadPoolExecutor(min(_AT_ONCE, len(files))) as pool:
        return list(pool.map(work, files, files.values()))


def _is_other(name: str, there: int, here: int) -> bool:
    """Whether a file of that size is another than the one here."""
    return there < here if grows(name) else name.startswith("objects/") and there != here


def _is_whole(name: str, path: Path) -> bool:
    """Whether a file is what its name, or the checksum in it, says."""
    kind, _, rest = name.partition("/")
    stem = PurePosixPath(rest).stem
    if kind == "objects":
        return hash_file(path) == stem
    if kind in ("vectors", "scores"):
        return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest() == stem
    if grows(name):
        return True  # each line of a log has a checksum of its own; what is noted of a batch has none
    try:
        read_checked(path)
    except NotAsWritten:
        return False
    return True


def _files_of(record: Path) -> dict[str, tuple[str, int]]:
    """The files that a record names, with their hashes and sizes. Raises RemoteDamaged."""
    saved: Any = read_checked(record)
    try:
        files = {str(name): (str(sha), int(size)) for name, (sha, size) in saved["files"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RemoteDamaged("a record in the shared store is forged: it has no files") from error
    if not all(len(sha) == 64 and sha.isalnum() for sha, _ in files.values()):
        raise RemoteDamaged("a record in the shared store is forged: a hash in it is none")
    return files
