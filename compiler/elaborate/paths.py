"""Paths in a spec start in the folder of the file that states them; in the graph they start in the main file's."""

from __future__ import annotations

import posixpath
from dataclasses import replace

from tunec.compiler.elaborate.builder import Value
from tunec.compiler.types import PATH, Type

MAIN = "."


def anchored(value: Value, want: Type, folder: str) -> Value:
    """The value with its paths as seen from the main file's folder, where paths are wanted; else as it is.

    `folder` is that of the file which asks. A constant that was stated in another file starts in that one's.
    """
    start = folder if value.folder is None else value.folder
    if want == PATH and isinstance(value.lowered, str):
        return replace(value, lowered=_from_main(start, value.lowered), folder=MAIN)
    if want == Type("list", PATH) and isinstance(value.lowered, tuple):
        items = (_from_main(start, item) if isinstance(item, str) else item for item in value.lowered)
        return replace(value, lowered=tuple(items), folder=MAIN)
    return value


def _from_main(folder: str, path: str) -> str:
    """A URL, an absolute path and an empty one stay as they are."""
    if not path or "://" in path or posixpath.isabs(path):
        return path
    return posixpath.normpath(posixpath.join(folder, path))
