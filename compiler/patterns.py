"""The files that a path of a spec names where it is a pattern (`data/*.jsonl`, `data/**/*.jsonl`).

Unlike `glob` it comes to an end wherever links lead: each folder is looked into once, and each file is named once,
however many links lead to it.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from tunec.dsl.record import record

_ANY = "**"


def is_pattern(path: str) -> bool:
    """Whether a path has marks of a pattern."""
    return glob.has_magic(path)


def named_by(pattern: str, folder: Path) -> list[Path]:
    """The files that a pattern names, sorted. The folder is no part of it; the pattern may climb or be absolute.

    Names that begin with a dot are meant only where the pattern says so. Where links and folders lead to the same, the
    name without a link is taken. Raises OSError where a folder cannot be looked into.
    """
    found: dict[str, tuple[bool, Path]] = {}
    for place in _places(pattern, folder):
        real, known = os.path.realpath(place.path), (place.linked, place.path)
        found[real] = min(known, found.get(real, known))
    return sorted(path for _, path in found.values())


def names_any(pattern: str, folder: Path) -> bool:
    """Whether a pattern names a file. Raises OSError where a folder cannot be looked into."""
    return next(_places(pattern, folder), None) is not None


def _places(pattern: str, folder: Path) -> Iterator[_Place]:
    """Files that fit the whole pattern, those behind links last."""
    parts = PurePath(pattern).parts
    direct, linked = [_Place(folder, 0, False)], list[_Place]()
    looked_into: set[tuple[str, int]] = set()
    while direct or linked:
        place = direct.pop() if direct else linked.pop(0)
        state = os.path.realpath(place.path), place.at
        if state in looked_into:
            continue
        looked_into.add(state)
        for following in _following(place, parts):
            if following.at == len(parts):
                yield following
            else:
                (linked if following.linked else direct).append(following)


@record
class _Place:
    """A path that fits the parts of the pattern before `at`, and whether a link was followed to it."""

    path: Path
    at: int
    linked: bool


def _following(place: _Place, parts: tuple[str, ...]) -> Iterator[_Place]:
    """Where the next part leads: folders, and files after the last one."""
    part, last = parts[place.at], place.at + 1 == len(parts)
    if not glob.has_magic(part):
        path = place.path / part
        if path.is_file() if last else path.is_dir():
            yield _Place(path, place.at + 1, place.linked or path.is_symlink())
        return
    if part == _ANY and not last:
        yield _Place(place.path, place.at + 1, place.linked)
    with os.scandir(place.path) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        if (name.startswith(".") and not part.startswith(".")) or not (part == _ANY or fnmatchcase(name, part)):
            continue
        path = place.path / name
        linked = place.linked or path.is_symlink()
        if path.is_dir():
            if part == _ANY:
                yield _Place(path, place.at, linked)
            elif not last:
                yield _Place(path, place.at + 1, linked)
        elif last and path.is_file():
            yield _Place(path, place.at + 1, linked)
