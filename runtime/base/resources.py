"""What operators read beside their code: files of packages (prompts, word lists, examples), and packages themselves.

A resource is named `PACKAGE/PATH`: the import name of a package, which is not imported for it, and a file inside of it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from tunec.runtime.base.operator import OperatorError

#: What stands for the version of a package, or the hash of a file, that is not there.
MISSING = "none"


def location(name: str) -> Path:
    """Where a resource lies. Raises OperatorError where its package is not installed."""
    package, _, inside = name.partition("/")
    spec = find_spec(package)
    folders = None if spec is None else spec.submodule_search_locations
    if not folders:
        raise OperatorError(f"the package `{package}`, which holds {inside}, is not installed")
    return Path(folders[0]) / inside


def content(name: str) -> bytes:
    """The bytes of a resource. Everything that reads one goes through here."""
    return location(name).read_bytes()


def text_of(name: str) -> str:
    """The text of a resource, without the line break at its end."""
    return content(name).decode("utf-8").removesuffix("\n")


def lines_of(name: str) -> tuple[str, ...]:
    """The lines of a resource that hold something; a line that begins with `#` is a remark."""
    lines = (line.strip() for line in text_of(name).split("\n"))
    return tuple(line for line in lines if line and not line.startswith("#"))


def sections_of(name: str) -> dict[str, tuple[str, ...]]:
    """The lines of a resource by the `[heading]` above them."""
    found: dict[str, tuple[str, ...]] = {}
    heading = ""
    for line in lines_of(name):
        if line.startswith("[") and line.endswith("]"):
            heading = line[1:-1]
        else:
            found[heading] = (*found.get(heading, ()), line)
    return found


def hash_of(name: str) -> str:
    """The SHA-256 of a resource, or `none` where there is no such file."""
    try:
        return hashlib.sha256(content(name)).hexdigest()
    except (OperatorError, OSError):
        return MISSING


def short_name(name: str) -> str:
    """A resource by its folder and its name: `prompts/alpaca.txt`. It stays when the package around it moves."""
    package, _, inside = name.partition("/")
    return "/".join([*package.split("."), *inside.split("/")][-2:])


@cache
def version_of(package: str) -> str:
    """The installed version of a package, or `none`."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return MISSING
