"""What lies where a path leads to: whether anything matches it, and which name was probably meant."""

from __future__ import annotations

import re
from pathlib import Path

from tunec.compiler.names import closest
from tunec.compiler.patterns import is_pattern, names_any
from tunec.dsl.record import record

_MAGIC = re.compile(r"[*?\[]")
#: How many names of a folder are looked at.
_MOST = 5000


@record
class Missing:
    """The first part of a path that is not there: what to say of it, and the path that was probably meant."""

    said: str
    near: str | None = None


def is_there(path: str, folder: Path) -> bool:
    """Whether a path names something, or a pattern matches a file. Nothing is opened."""
    try:
        if (folder / path).exists():
            return True
        return is_pattern(path) and names_any(path, folder)
    except (OSError, ValueError):
        return True  # what cannot be told is left to the build


def missing_part(path: str, folder: Path) -> Missing:
    """Where a path that names nothing goes wrong."""
    parts = path.split("/")
    place = folder
    for index, part in enumerate(parts):
        if _MAGIC.search(part):
            ends = _endings(place)
            found = f", which has {ends}" if ends else ""
            return Missing(f"nothing in {_shown(parts[:index])} is called `{part}`{found}")
        if not (place / part).exists():
            near = _near(place, part, last=index == len(parts) - 1)
            meant = "/".join([*parts[:index], near, *parts[index + 1 :]]) if near is not None else None
            return Missing(f"{_shown(parts[:index])} has no `{part}`", meant)
        place = place / part
    return Missing("it is a folder")


def _shown(parts: list[str]) -> str:
    return f"the folder `{'/'.join(parts)}`" if parts else "the folder of the spec"


def _names(place: Path, *, folders: bool) -> list[str]:
    try:
        entries = [entry for _, entry in zip(range(_MOST), place.iterdir(), strict=False)]
        return [entry.name for entry in entries if not entry.name.startswith(".") and (not folders or entry.is_dir())]
    except OSError:
        return []


def _near(place: Path, part: str, *, last: bool) -> str | None:
    """The name in a folder that was probably meant: a folder where more follows."""
    names = _names(place, folders=not last)
    stem, dot, ending = part.rpartition(".")
    stems = [name.removesuffix(dot + ending) for name in names if name.endswith(dot + ending)] if dot and stem else []
    near = closest(stem, stems)  # what all names of a kind end in makes none of them alike
    return (
        near + dot + ending if near is not None else closest(part, [n for n in names if n.rpartition(".")[0] == stem])
    )


def _endings(place: Path) -> str:
    endings = sorted({Path(name).suffix for name in _names(place, folders=False)} - {""})
    return ", ".join(f"`*{ending}`" for ending in endings[:6])
