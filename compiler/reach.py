"""How far a spec reaches: what it reads beside the files of its own folder.

A spec may come from somebody else. What it reads can end up in what it publishes, and an address of a private network
is asked by whoever builds it. So files outside the repository that the spec lies in, other ways to local files, and
private addresses are told of by the linter and refused by a build, unless the person who builds allows it:
`--allow-outside`, `TUNEC_ALLOW_OUTSIDE=1`, or the very path given with `--set`.
"""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: What tells that a person allows everything; `--allow-outside` sets it.
ALLOWED = "TUNEC_ALLOW_OUTSIDE"
#: Protocols of file systems that read, by themselves or through others, files of this machine.
_LOCAL = (
    "file", "local", "dir", "git", "zip", "tar", "libarchive", "reference", "data", "cached", "blockcache",
    "filecache", "simplecache", "asynclocal", "generic",
)  # fmt: skip
#: Protocols whose first part is a bucket rather than a host.
_BUCKETS = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss", "hf", "memory")
_OF_PROXIES = ipaddress.ip_network("198.18.0.0/15")
_MAGIC = re.compile(r"[*?\[]")
_MARKS = (".git", ".hg", ".svn")


def is_allowed() -> bool:
    """Whether the person who runs this allows a spec to read anything."""
    return os.environ.get(ALLOWED, "").strip().lower() in ("1", "true", "yes", "on")


def beyond(path: str, folder: Path) -> str | None:
    """What is wrong with a path or a URL that leads too far from the spec's folder; None where it does not."""
    if "\0" in path:
        return "is not the name of a file"
    if "://" in path:
        return beyond_url(path)
    # Of a pattern the part before its first mark counts: what it matches is looked at file by file.
    place = folder / path
    try:
        place.exists()
    except OSError as error:
        return f"cannot be looked for ({error.strerror})"
    if not place.exists() and (magic := _MAGIC.search(path)) is not None:
        place = folder / path[: magic.start()].rpartition("/")[0]
        if "/../" in f"{path[magic.start() :]}/":
            return "climbs out of a pattern with `..`"
    real, home = Path(os.path.realpath(place)), Path(os.path.realpath(folder))
    if real.is_relative_to(_repository(home)):
        return None
    return "lies outside the spec's folder and its repository"


def _repository(folder: Path) -> Path:
    """The nearest repository around a folder, or the folder where there is none. A home folder is none."""
    home = Path(os.path.realpath(Path.home()))
    for place in (folder, *folder.parents):
        if home.is_relative_to(place):
            break
        if any((place / mark).exists() for mark in _MARKS):
            return place
    return folder


def beyond_url(url: str) -> str | None:
    """What a URL names that is not public, as far as the URL itself tells."""
    protocol = url.partition("://")[0].lower()
    if any(part in _LOCAL for part in protocol.split("::")):
        return f"reads a file of this machine through `{protocol}://`"
    if protocol in _BUCKETS:
        return None
    try:
        host = unquote(urlsplit(url).hostname or "")
    except ValueError:
        return "is not a URL"
    if is_private(host):
        return "is an address of this machine or of a private network"
    return None


def is_private(host: str) -> bool:
    """Whether a host, by its name or its number, is this machine or in a private network."""
    name = host.rstrip(".").lower().partition("%")[0]
    if "." not in name and ":" not in name and not name[:1].isdigit():
        return True  # `localhost`, and what only a local network knows
    if name.endswith((".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp")):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        import socket

        try:
            address = ipaddress.ip_address(socket.inet_aton(name))  # `127.1`, `0x7f000001`, `2130706433`
        except OSError:
            return False
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return not (mapped or address).is_global


def is_private_answer(address: str) -> bool:
    """Whether an address that a name was looked up to is private. Proxies answer every name with one of 198.18.0.0/15,
    which is nobody's."""
    try:
        if ipaddress.ip_address(address) in _OF_PROXIES:
            return False
    except ValueError:
        pass
    return is_private(address)
