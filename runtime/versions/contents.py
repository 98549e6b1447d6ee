"""The files of a version, by their hashes, and what its id is made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from tunec.compiler.graph import digest
from tunec.compiler.lowered import Json
from tunec.runtime.store.files import NotAsWritten, files_under, hash_file, read_object
from tunec.runtime.store.published import VersionDamaged, manifest_of

#: Files of a version that its id does not hash, because they tell names, places or times: renaming a source must not
#: make another version.
UNHASHED = ("manifest.json", "run.json", "report.html", "README.md")
#: Files that tell how a version was made. They are hashed, but no part of its id: a row that was dropped, or a step
#: that drops nothing, is no other content.
ACCOUNTS = ("ledger/", "benchmarks.parquet", "batches/")


def contents_of(folder: Path) -> dict[str, str]:
    """The hash of every file that makes up a version, by name."""
    return {name: hash_file(path) for name, path in files_under(folder).items() if path.name not in UNHASHED}


def descriptions_of(folder: Path) -> dict[str, str]:
    """The hash of every file that describes a version to people, by name. `run.json` holds them."""
    names = set(UNHASHED) - {"manifest.json", "run.json"}
    return {name: hash_file(path) for name, path in files_under(folder).items() if path.name in names}


def undescribed(folder: Path) -> Iterator[str]:
    """What is wrong with the files that no id hashes: the card, the report, and what is told of the run."""
    try:
        run = read_object(folder / "run.json")
        check, promised = run.pop("check"), dict(run["files"])
    except FileNotFoundError:
        yield "run.json is missing"
        return
    except (NotAsWritten, ValueError, KeyError, TypeError):
        yield "run.json cannot be read, or an earlier tunec wrote it: build again to have it checked"
        return
    if check != digest(run):
        yield "run.json has changed since it was published"
        return
    present = descriptions_of(folder)
    for name in sorted(present.keys() | promised.keys()):
        if name not in promised:
            yield f"{name} was not published with this version"
        elif present.get(name) != promised[name]:
            yield f"{name} {'has changed since it was published' if name in present else 'is missing'}"


def content_hash(contents: Mapping[str, str]) -> str:
    """What a version's id is made of: the hash of the names and contents of its files, but those of `ACCOUNTS`."""
    return digest([[name, sha] for name, sha in sorted(contents.items()) if not name.startswith(ACCOUNTS)])


def intact(version: Path) -> bool:
    """Whether a version's folder is there and holds what its manifest and `run.json` say."""
    if not (version / "manifest.json").exists():
        return False
    try:
        return bool(contents_of(version) == manifest_of(version)["contents"]) and not any(undescribed(version))
    except VersionDamaged:
        return False


def canonical_indented(value: Json) -> str:
    """JSON that is sorted and that people can read."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
