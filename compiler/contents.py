"""What a file holds, by the first bytes of it: cheap enough to be asked by the linter of every file that is named."""

from __future__ import annotations

import json
import os
import re
import zlib
from contextlib import suppress
from pathlib import Path

from tunec.compiler.files import regular

#: What packed files are called, and what they begin with, whatever they are called.
PACKED = (".gz", ".zst", ".bz2")
GZIP, ZSTD, BZIP2 = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh"
#: How much of a file is looked at.
_HEAD = 1 << 14
#: What files begin with that no connector reads, and what they are.
_OTHERS = (
    (b"ARROW1", "an Arrow file"), (b"\xff\xff\xff\xff", "an Arrow file"), (b"PK\x03\x04", "a ZIP archive"),
    (b"\xfd7zXZ\x00", "an XZ archive"), (b"7z\xbc\xaf\x27\x1c", "a 7z archive"), (b"%PDF", "a PDF file"),
    (b"SQLite format 3\x00", "an SQLite database"), (b"\x89HDF", "an HDF5 file"), (b"\x93NUMPY", "a NumPy file"),
    (b"\xd0\xcf\x11\xe0", "an Office file"), (b"ORC", "an ORC file"), (b"Obj\x01", "an Avro file"),
    (b"\xff\xfe", "UTF-16 text"), (b"\xfe\xff", "UTF-16 text"),
)  # fmt: skip
#: What a person can do about it.
_INSTEAD = {
    "an Arrow file": "write it as Parquet",
    "an ORC file": "write it as Parquet",
    "UTF-16 text": "save it as UTF-8",
}
_TEXTS = ("array", "lines", "line", "object", "text", "empty")
#: The kinds of content that each connector reads; an unknown one is left to the build. An empty file has no rows for
#: those that read line by line, beside others.
_READ = {
    "jsonl": ("lines", "line", "empty"),
    "json": ("array", "lines"),
    "csv": _TEXTS,
    "text": _TEXTS,
    "parquet": ("parquet",),
}
_WORDS = {
    "array": "one JSON array",
    "lines": "JSON lines",
    "line": "one JSON object",
    "object": "one JSON object",
    "text": "text that is not JSON",
    "parquet": "a Parquet file",
    "folder": "a folder",
}


def kind_of(file: Path) -> str:
    """What a file holds: `array`, `lines`, `line` (one object on one line), `object` (on several), `text`, `parquet`,
    `folder` or `empty` (without a byte), or what else it is in words; an empty text where that cannot be told."""
    try:
        with regular(file) as opened:
            head = _unpacked(opened.read(_HEAD))
    except IsADirectoryError:
        return "folder"
    except (OSError, ValueError, zlib.error, EOFError):  # a name may be none of a file
        return ""
    if head is None:
        return ""
    if head.startswith(b"PAR1"):
        return "parquet"
    for begin, what in _OTHERS:
        if head.startswith(begin):
            return what
    text = head.removeprefix(b"\xef\xbb\xbf")
    return _of_text(text.lstrip().decode(errors="replace")) if text else "empty"


def is_read(connector: str, kind: str) -> bool:
    """Whether a connector reads files of a kind, as far as that can be told."""
    return not kind or connector not in _READ or kind in _READ[connector]


def reader_of(kind: str) -> str | None:
    """The connector for files of a kind, where there is one."""
    return {"array": "json", "lines": "jsonl", "line": "jsonl", "parquet": "parquet"}.get(kind)


def in_words(kind: str) -> str:
    """What a file of this kind is called."""
    return _WORDS.get(kind, kind)


def instead_of(kind: str) -> str:
    """What to do with a file that no connector reads."""
    return _INSTEAD.get(kind, "unpack it" if "archive" in kind else "")


def _unpacked(head: bytes) -> bytes | None:
    """The beginning of what a packed file holds; None where that is not known."""
    if head.startswith(GZIP):
        return zlib.decompressobj(31).decompress(head, _HEAD)
    if head.startswith((BZIP2, ZSTD)):
        return None
    return head


def _of_text(head: str) -> str:
    if re.match(r"\[\s*(?:[\[{]|$)", head):
        return "array"
    if not head.startswith("{"):  # a first line that is none leaves the others as they are
        return "text" if head and not head.startswith("[") and "\n{" not in head else ""
    first, _, rest = head.partition("\n")
    with suppress(ValueError):
        return ("lines" if rest.strip() else "line") if isinstance(json.loads(first), dict) else ""
    return "object" if first.rstrip() == "{" else ""


def first_kind(paths: list[Path], connector: str) -> tuple[Path, str] | None:
    """The first of some files that a connector does not read, and what it is."""
    kinds = ((path, kind_of(path)) for path in paths)
    return next(((path, kind) for path, kind in kinds if not is_read(connector, kind)), None)


def ending_in(folder: Path) -> str:
    """The ending that most files of a folder have, such as `.jsonl`."""
    with suppress(OSError):
        names = [entry.name for entry in os.scandir(folder) if entry.is_file() and not entry.name.startswith(".")]
        endings = [Path(name).suffix for name in names if Path(name).suffix]
        return max(sorted(set(endings)), key=endings.count, default="")
    return ""
