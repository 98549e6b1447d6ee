"""Files behind a URL that fsspec reads (`s3://…`, `gs://…`, `https://…`, `file://…`), fetched once into the store.

    fetched/SHA256/NAME        a file by its content, under its own name: the name tells how it is packed
    fetched/HASH_OF_URL.json   what a URL named when it was last looked at: files, their stamps and contents

Access is what fsspec finds in the environment; it stands in no URL, and nothing here writes it anywhere.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote

from tunec.dsl.secrets import masked
from tunec.runtime.sources.guarded import public_client
from tunec.runtime.sources.patience import Arrived, TooSlow, patiently
from tunec.runtime.store.files import NotAsWritten, OutsideRoot, hash_file, read_checked, within, write_checked
from tunec.runtime.store.store import Store, StoreError

FOLDER = "fetched"

#: What tells that the network is forbidden; `--offline` sets it.
OFFLINE = "TUNEC_OFFLINE"

_HERE = ("file", "local", "memory")  # protocols that need no network
_PACKAGES = {
    "s3": "'tunec[s3]'", "s3a": "'tunec[s3]'", "gs": "gcsfs", "gcs": "gcsfs", "http": "aiohttp", "https": "aiohttp",
    "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs", "sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol",
}  # fmt: skip
_WEB = ("http", "https")
_LOGIN = re.compile(r"[^:/@]*:(?!\d+([/?#]|$))[^@]*@")  # a colon may also stand before a port
_WHO = re.compile(r"[^/?#]*@")  # in web addresses a token may stand there, elsewhere it is a name
_SECRET = re.compile(r"token|secret|password|passwd|signature|credential|api[-_]?key|access[-_]?key|^sig$|^key$", re.I)
#: What file systems say of a file that changes when its content does.
_STAMPS = (
    "ETag", "etag", "md5Hash", "content_md5", "version_id", "generation", "LastModified", "last_modified",
    "Last-Modified", "updated", "mtime", "created",
)  # fmt: skip
#: Bytes that a download leaves free on the disk.
SPARE = 1 << 26
_TRIES = 3
_PAUSE = 0.5  # seconds before the second try, twice as many before the third


class FetchError(Exception):
    """A URL cannot be read; the message says why, and what to do."""


class _Broken(Exception):
    """A file that did not come whole."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file behind a URL. `stamp` is what its file system said of it; nothing where it says nothing that helps."""

    name: str
    sha256: str
    file: str  # in `FOLDER`
    stamp: Mapping[str, str]


def is_url(path: str) -> bool:
    """Whether a path of a spec names something that is not a local path."""
    return "://" in path


def fetch(url: str, store: Path, *, anywhere: bool = False) -> tuple[Fetched, ...]:
    """The files that a URL names, sorted by name, all of them in the store. A glob may name several, or none.

    What has not changed since it was fetched is not fetched again: its file system says so by an ETag, a time or a
    generation. One that says nothing of the kind is read anew each time. `anywhere`: also where a name or a redirection
    leads to an address of a private network. Raises FetchError.
    """
    folder = store / FOLDER
    protocol = _checked(url)
    listing = folder / f"{hashlib.sha256(url.encode()).hexdigest()}.json"
    known = _known(listing)
    if protocol not in _HERE and os.environ.get(OFFLINE) == "1":
        if not known or not all(_whole(folder, item) for item in known.values()):
            raise FetchError(
                f"`{masked(url)}` has not been fetched yet, and --offline forbids it: build once without it"
            )
        return tuple(known.values())
    with _asking(url, protocol):
        fs, names = patiently(lambda _: _listed(url, protocol, anywhere))
    try:
        with Store(store).lease():  # `gc` keeps away until the listing names what came
            found = [_current(fs, path, name, protocol, known.get(masked(name)), folder) for name, path in names]
            if found:
                write_checked(listing, [asdict(item) for item in found])
    except StoreError as error:
        raise FetchError(str(error)) from error
    return tuple(found)


def unneeded(store: Path) -> list[Path]:
    """What lies in the store of files that have changed since, or were never fetched whole."""
    folder = store / FOLDER
    alive = {item.sha256 for listing in folder.glob("*.json") for item in _known(listing).values()}
    return [path for path in sorted(folder.glob("*")) if path.suffix != ".json" and path.name not in alive]


def _checked(url: str) -> str:
    """The protocol of a URL that holds no secrets. Raises FetchError, whose message holds none either."""
    protocol, _, rest = url.partition("://")
    shown = masked(url)
    web = protocol.rpartition("::")[2].lower() in _WEB
    if _LOGIN.match(rest) or (web and _WHO.match(rest)):
        raise FetchError(f"`{shown}`: take name and password out of the URL; fsspec finds them in the environment")
    address, _, query = url.partition("?")
    secret = next((key for key, _ in parse_qsl(query) if _SECRET.search(key)), None)
    if secret is not None:
        raise FetchError(f"`{masked(address)}`: take `{secret}` out of it; fsspec finds access in the environment")
    if "::" in url:
        raise FetchError(
            f"`{shown}`: chained file systems are not read; `.gz`, `.zst` and `.bz2` are unpacked as they are"
        )
    return protocol.lower()


def _listed(url: str, protocol: str, anywhere: bool) -> tuple[Any, list[tuple[str, str]]]:
    """The file system of a URL, and the files that it names: what to call them, and their paths there."""
    import fsspec

    web = protocol in _WEB
    fs, path = fsspec.core.url_to_fs(url, **({"get_client": public_client} if web and not anywhere else {}))
    fs.invalidate_cache()
    # `?` begins the query of a web address. What is there under that very name is meant as it stands.
    if not ("*" in path or "[" in path if web else glob.has_magic(path)) or (not web and fs.isfile(path)):
        return fs, [(url, path)]
    paths = sorted(p for p, info in fs.glob(path, detail=True).items() if info["type"] == "file")
    return fs, [(str(fs.unstrip_protocol(p)), p) for p in paths]


def _current(fs: Any, path: str, name: str, protocol: str, before: Fetched | None, folder: Path) -> Fetched:
    """A file as it is now: the one that was fetched before, or brought here."""
    with _asking(name, protocol):
        info = patiently(lambda _: fs.info(path))
        stamp = {key: str(info[key]) for key in _STAMPS if info.get(key) is not None}
        if stamp:
            stamp["size"] = str(info.get("size"))
        if before is not None and stamp and before.stamp == stamp and _whole(folder, before):
            return before
        return _downloaded(fs, path, info.get("size"), name, stamp, folder, web=protocol in _WEB)


def _downloaded(
    fs: Any, path: str, size: int | None, name: str, stamp: Mapping[str, str], folder: Path, *, web: bool
) -> Fetched:
    """A file brought into the store; it shows there only when it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    for attempt in range(_TRIES):
        handle, part = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                came = _copied(fs, path, file, folder, web)
                os.fsync(file.fileno())
            if size is not None and came != size:
                raise _Broken(f"{came:,} of {size:,} bytes came")
            sha = hash_file(Path(part))
            target = within(folder, f"{sha}/{_basename(name)}")
            target.parent.mkdir(exist_ok=True)
            Path(part).replace(target)
            return Fetched(masked(name), sha, f"{sha}/{target.name}", stamp)
        except (FileNotFoundError, PermissionError, ImportError, OutsideRoot, FetchError):
            raise
        except Exception as error:  # each file system has errors of its own
            if _status(error) in (401, 403, 404) or isinstance(error, TooSlow):
                raise
            if attempt == _TRIES - 1:
                raise _Broken(f"tried {_TRIES} times: {_shortly(error)}") from error
            time.sleep(_PAUSE * 2**attempt)
        finally:
            Path(part).unlink(missing_ok=True)
    raise AssertionError("the last try returns or raises")


def _copied(fs: Any, path: str, file: BinaryIO, folder: Path, web: bool) -> int:
    """Copy what is behind a path; gives how many bytes came. Raises TooSlow, and FetchError where the disk is full."""

    def bring(arrived: Arrived) -> int:
        # Of the web in the order in which it comes, rather than in parts of 5 MB: so it shows how fast it comes.
        with fs.open(path, "rb", **({"block_size": 0} if web else {})) as source:
            while not arrived.given_up.is_set() and (part := source.read(2**20)):
                if arrived.bytes > SPARE and shutil.disk_usage(folder).free < SPARE:
                    raise FetchError(f"no room in {folder} after {arrived.bytes:,} bytes of `{masked(path)}`")
                file.write(part)
                arrived.bytes += len(part)
        file.flush()
        return arrived.bytes

    if web:
        return patiently(bring)
    return bring(Arrived())


@contextmanager
def _asking(name: str, protocol: str) -> Iterator[None]:
    """Say what went wrong in words that help."""
    name = masked(name)
    try:
        yield
    except FetchError:
        raise
    except TooSlow as error:
        raise FetchError(f"`{name}` is given up: {error}") from error
    except ImportError as error:
        package = _PACKAGES.get(protocol)
        mend = f"pip install {package}" if package else str(error)
        raise FetchError(f"`{name}`: {protocol}:// needs a package that is not installed: {mend}") from error
    except Exception as error:  # each file system has errors of its own
        raise FetchError(_said(error, name, protocol)) from error


def _said(error: BaseException, name: str, protocol: str) -> str:
    status = _status(error)
    if isinstance(error, FileNotFoundError) and error.__cause__ is not None:
        # The file system of the web says so whatever went wrong.
        return _said(error.__cause__, name, protocol)
    if isinstance(error, FileNotFoundError) or status == 404:
        return f"no file at `{name}`"
    if isinstance(error, PermissionError) or status in (401, 403) or "Credentials" in type(error).__name__:
        return f"no permission to read `{name}`; access is looked for in the environment, as fsspec does"
    if isinstance(error, ValueError) and "rotocol not known" in str(error):
        return f"`{name}`: no file system is known for {protocol}://"
    said = f", {error}" if isinstance(error, _Broken) else f": {_shortly(error)}"
    return f"cannot read `{name}`{said}; is the network up?"


def _shortly(error: BaseException) -> str:
    return masked(str(error))[:300] or type(error).__name__


def _status(error: BaseException) -> int | None:
    status = getattr(error, "status", None)
    return status if isinstance(status, int) else None


def _basename(name: str) -> str:
    """What a file is called; the end of it tells how it is packed."""
    path = re.split("[?#]", name)[0] if name.lower().startswith(("http://", "https://")) else name
    called = re.sub(r"[^\w.+-]", "_", PurePosixPath(unquote(path)).name)
    # The end is what tells how it is packed, and a file system takes 255 bytes at most.
    short = called.encode()[-200:].decode(errors="ignore")
    return short if short.strip("._") else "file"


def _known(listing: Path) -> dict[str, Fetched]:
    """What a URL named before; nothing where that cannot be told."""
    if not listing.exists():
        return {}
    try:
        return {item["name"]: Fetched(**item) for item in read_checked(listing)}
    except (NotAsWritten, OSError, TypeError):  # then it is fetched anew
        return {}


def _whole(folder: Path, item: Fetched) -> bool:
    try:
        path = within(folder, item.file)
    except OutsideRoot:
        return False
    return path.is_file() and hash_file(path) == item.sha256
