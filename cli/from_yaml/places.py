"""Paths of other tools as connectors: files, folders, URLs, data sets on the hub."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tunec.compiler.graph import Node
from tunec.dsl.print import print_text
from tunec.from_yaml.settings import Settings
from tunec.from_yaml.start import Format, Source
from tunec.runtime.catalogue import load_catalogue

_CONNECTORS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".tsv": "csv", ".parquet": "parquet",
    ".txt": "text", ".md": "text",
}  # fmt: skip
#: Builders of `datasets`, which several tools accept in place of a path or as its type.
_BUILDERS = {"json": ".json", "csv": ".csv", "parquet": ".parquet", "text": ".txt", "arrow": ".arrow"}
_SLICE = re.compile(r"(\w+)\[:(\d+)\]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows are: what a configuration says of it, and the keys that say so."""

    path: str
    split: str = "train"
    config: str = ""
    revision: str = ""
    kind: str = ""  # the type of a file, where a key says it
    files: Sequence[str] = ()  # of a repository, or of a builder
    limit: int | None = None
    sample: int | None = None
    folder: str = ""  # that relative paths start at, seen from the spec
    name: str = ""


def sources(settings: Settings, place: Place, format_: Format) -> list[Source]:
    """The sources for a place: one a file. Raises nothing; what has no form is left with its reason."""
    files = list(place.files)
    remote = ""
    if files and place.path not in _BUILDERS and not _is_local(settings, place.path):
        remote = f"hf://datasets/{place.path}{'@' + place.revision if place.revision else ''}/"
    paths = [remote + file for file in files] if files else [place.path]
    kind = place.kind or (place.path if place.path in _BUILDERS else "")
    found = []
    for path in paths:
        name = place.name or (path if len(paths) > 1 else place.path)
        made = _source(settings, place, path, kind, format_, name)
        if made is not None:
            found.append(made)
    return found


def _source(settings: Settings, place: Place, path: str, kind: str, format_: Format, name: str) -> Source | None:
    split, limit = place.split, place.limit
    if cut := _SLICE.fullmatch(split):
        split, limit = cut[1], min(int(cut[2]), limit or int(cut[2]))
    elif not re.fullmatch(r"\w[\w.-]*", split):
        settings.leave("split", f"not carried: a source reads a whole split or its first rows, not {split!r}")
        split = re.split(r"\W", split)[0] or "train"
    if _is_local(settings, path) or "://" in path or kind:
        connector, path = _file(settings, path, kind)
        path = _joined(place.folder, path)
        if split != "train":
            settings.leave("split", "not carried: a file has no splits")
        arguments = [print_text(path)]
        if connector == "csv" and path.split(".")[-1] == "tsv":
            arguments.append('separator: "\\t"')
    else:
        connector = "hub"
        arguments = [print_text(path), f"split: {print_text(split)}"]
        arguments += [f"config: {print_text(place.config)}"] if place.config else []
        arguments += [f"revision: {print_text(place.revision)}"] if place.revision else []
    if not connector:
        settings.leave_entry(f"not carried: no connector reads {Path(path).suffix or path}")
        return None
    if limit is not None:
        arguments.append(f"limit: {limit}")
    if connector == "text":
        format_ = Format("text", "text", format_.ready)
    else:
        arguments.append(f"format: {format_.text}")
    return Source(settings, name, connector, tuple(arguments), format_, place.sample)


def _is_local(settings: Settings, path: str) -> bool:
    if "://" in path or _suffix(path) in _CONNECTORS or _suffix(path) in _BUILDERS.values():
        return True
    if path.startswith((".", "/", "~", "\\")) or path.count("/") > 1 or re.match(r"[A-Za-z]:\\", path):
        return True
    return (settings.file.parent / path).exists()


def _suffix(path: str) -> str:
    return Path(re.sub(r"\.(gz|zst|bz2)$", "", path.split("?")[0])).suffix.lower()


def _joined(folder: str, path: str) -> str:
    if not folder or "://" in path or Path(path).is_absolute():
        return path
    return Path(os.path.normpath(Path(folder) / path)).as_posix()


def _file(settings: Settings, path: str, kind: str) -> tuple[str, str]:
    """The connector for a path, and the path that it reads: a pattern for a folder. "" where there is none."""
    suffix = _suffix(path)
    here = settings.file.parent / path
    if suffix not in _CONNECTORS and "://" not in path and suffix not in _BUILDERS.values():
        suffix = _BUILDERS.get(kind, "") or next(
            (s for s in _CONNECTORS if here.is_dir() and any(here.glob(f"*{s}"))), ""
        )
        if here.is_dir() or not Path(path).suffix:
            suffix = suffix or ".jsonl"
            path = f"{path.rstrip('/')}/*{suffix}"
            settings.leave_entry(f"read as the pattern {path!r}: check which files of the folder are meant")
    elif suffix not in _CONNECTORS:
        suffix = _BUILDERS.get(kind, suffix)
    connector = _CONNECTORS.get(suffix, "")
    # `datasets` reads an object a line from `.json` as well, and many files are called so.
    if connector == "json" and here.is_file() and _starts_with_object(here):
        connector = "jsonl"
    return connector, path


def lacks(settings: Settings, paths: Sequence[str], column: str) -> bool:
    """Whether the local files at paths are there and were seen as a whole, and no record of them has a column of that
    name: as the linter sees it."""
    known = [_file(settings, path, "")[0] for path in paths]
    if len(set(known)) != 1 or not all((settings.file.parent / path).is_file() for path in paths):
        return False
    node = Node(f"{settings.file} {paths}", f"connectors.{known[0]}", (), {"path": tuple(paths)}, None, "scan")
    seen = load_catalogue().look(node, settings.file.parent)
    return seen is not None and seen.rows is not None and column not in seen.columns


def _starts_with_object(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    except OSError:
        return False  # the build will say so
