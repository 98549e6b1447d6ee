"""Files that are written whole or not at all, and hashed as they lie."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tunec.compiler.files import regular
from tunec.compiler.graph import canonical, digest
from tunec.runtime.store.forms import Form, misfit

#: What `write_bytes`, downloads and copies call a file before it is whole.
DRAFT = re.compile(r"\..+\.([0-9a-f]{16}|part)")


#: What a build or a command leaves outside of a store where it is killed: a lock, a spec or a review that was being
#: written beside the spec, and a folder that was to show a version.
_BESIDE = re.compile(r"\..+\.(lock|tune|jsonl)\.[0-9a-f]{16}")
_SHOWN = re.compile(r"\..+\.[0-9a-f]{16}(\.old)?")


def left_behind(folder: Path, *, shown: bool = False) -> list[Path]:
    """What killed processes left in the folder of a spec, or where versions are `shown`. Nothing that one still writes:
    a writer holds a lock on its draft, which the system takes from it when it ends."""
    if not folder.is_dir():
        return []
    form, right = (_SHOWN, Path.is_dir) if shown else (_BESIDE, Path.is_file)
    return [path for path in sorted(folder.iterdir()) if form.fullmatch(path.name) and right(path) and _abandoned(path)]


def _abandoned(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
    finally:
        os.close(handle)


@contextmanager
def held(draft: Path) -> Iterator[None]:
    """Hold a lock on a draft, file or folder, for as long as it is written."""
    handle = os.open(draft, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks: then nobody else can take it either
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def is_draft(path: Path) -> bool:
    """Whether this is a file that was not whole yet when its writer ended."""
    return DRAFT.fullmatch(path.name) is not None and path.is_file()


class OutsideRoot(OSError):
    """A name would lead out of the folder that it must stay in."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(errno.EPERM, reason, name)

    def __str__(self) -> str:
        return f"{self.filename!r} {self.strerror}"


def within(root: Path, name: str | Path, mend: str = "") -> Path:
    """Where `name` lies under `root`, whoever made it up: a spec, a manifest, a store of others. `mend` says what
    to do where it does not.

    Everything that is written by a name from outside goes through here. Raises OutsideRoot for absolute names, for
    `..` that climbs out, and for symbolic links that lead out.
    """
    said = str(name)
    if "\0" in said or not said.strip():
        raise OutsideRoot(said, "is not the name of a file")
    path = root / said
    real, top = Path(os.path.realpath(path)), Path(os.path.realpath(root))
    if real == top:
        raise OutsideRoot(said, "is not the name of a file")
    if not real.is_relative_to(top):
        raise OutsideRoot(said, f"leads out of {root}{mend}")
    return path


def by_default(name: str, option: str) -> Path:
    """Where a command writes in the working folder if nobody names a place with its `option`. The folder may be that of
    somebody else. Raises OutsideRoot where a link in it leads out."""
    try:
        return within(Path(), name)
    except OutsideRoot as error:
        there = os.path.realpath(name)
        reason = f"is a link out of this folder, to {there}; remove the link, or name the place yourself with {option}"
        raise OutsideRoot(name, reason) from error


def check_links(folder: Path) -> None:
    """Raises OutsideRoot where a link in a folder that is written to leads out of it."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_symlink():
            within(folder, path.relative_to(folder))


#: How libraries put the number of a system's error.
_SYSTEM = re.compile(r"os error (\d+)|Os \{ code: (\d+)")


def named(error: Exception, path: Path) -> OSError | None:
    """A failure of the system with its cause and the file, which libraries leave out; None where it is none."""
    found = _SYSTEM.search(str(error))
    number = int(found[1] or found[2]) if found else getattr(error, "errno", None)
    if found is None and "file write failed" in str(error) and shutil.disk_usage(path.parent).free < 1 << 16:
        number = errno.ENOSPC  # of torch, which says no more
    if not isinstance(number, int) and not isinstance(error, OSError):
        return None
    cause = os.strerror(number) if isinstance(number, int) else str(error)
    return OSError(
        number or errno.EIO, getattr(error, "strerror", None) or cause, getattr(error, "filename", None) or str(path)
    )


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Failures of the system while a file, or something in a folder, is written are OSErrors with its name."""
    try:
        yield
    except Exception as error:
        told = None if isinstance(error, OSError) and error.filename and error.strerror else named(error, path)
        if told is None:
            raise
        raise told from error


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that its name only ever shows all of it."""
    write_bytes(path, text.encode())


def check_replaced(path: Path, begin: bytes, kind: str) -> None:
    """Raises OSError where a file that somebody names for what is written holds something of another kind: a slip of
    the hand must not cost them a spec or their data. What tunec writes there begins with `begin`."""
    if path.is_file() and path.stat().st_size:
        with path.open("rb") as file:
            if file.read(len(begin)) != begin:
                raise OSError(errno.EEXIST, f"is not {kind} and is not replaced; name another file", str(path))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that its name only ever shows all of it. A symbolic link stays one: the file that it leads to is
    written. Only regular files are replaced."""
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "is not a regular file and is not replaced", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    # Unlike a temporary file of Python's it is for whom the system lets new files be for.
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        with draft.open("xb") as file, held(draft):
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if path.exists():
                shutil.copymode(path, draft)
            draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


#: Characters that JSON allows and that readers which split lines as Unicode does take for the end of one.
_LINE_ENDS = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"}


def json_line(record: Mapping[str, Any]) -> bytes:
    """One line of JSON Lines: UTF-8 as people read it, and no line end inside of it."""
    return json.dumps(record, ensure_ascii=False).translate(_LINE_ENDS).encode() + b"\n"


def hash_file(path: Path) -> str:
    """SHA-256 of a file's content."""
    with regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_under(folder: Path) -> dict[str, Path]:
    """The files of a folder by their relative names, sorted."""
    return {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}


def sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def link_or_copy(source: str, target: str) -> None:
    """Another name for a file where the file system allows it, a copy elsewhere (for `shutil.copytree`)."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


class NotAsWritten(Exception):
    """A file with a checksum of its own does not hold what was written."""


def write_checked(path: Path, value: Any) -> None:
    """Write a JSON value together with its checksum."""
    plain = json.loads(canonical(value))
    write_atomically(path, canonical({"check": digest(plain), "value": plain}))


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file that tunec wrote. Raises NotAsWritten, and OSError."""
    with regular(path) as file:
        return _object_in(file.read(), path)


def _object_in(content: bytes, where: Path | str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NotAsWritten(f"damaged: {where} cannot be read") from error
    if not isinstance(found, dict):
        raise NotAsWritten(f"damaged: {where} cannot be read")
    return found


def read_checked(path: Path, form: Form = object) -> Any:
    """The value of a form that `write_checked` wrote. Raises NotAsWritten."""
    with regular(path) as file:
        value = value_in(file.read(), path)
    if strange := misfit(value, form):
        raise NotAsWritten(f"damaged: {path} is not what tunec writes: `{strange}` is missing or of another form")
    return value


def value_in(content: bytes, where: Path | str) -> Any:
    """The value in what `write_checked` wrote, which lies there. Raises NotAsWritten."""
    saved = _object_in(content, where)
    try:
        whole = saved["check"] == digest(saved["value"])
    except (KeyError, ValueError, RecursionError) as error:
        raise NotAsWritten(f"damaged: {where} cannot be read") from error
    if not whole:
        raise NotAsWritten(f"damaged: {where} has changed since it was written")
    return saved["value"]
