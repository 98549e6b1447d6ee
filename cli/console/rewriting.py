"""Writes a spec back to its file, with the line ends and the mark at the beginning that it had."""

from __future__ import annotations

from pathlib import Path

from tunec.compiler.elaborate.load import MOST_BYTES
from tunec.compiler.files import read_bounded
from tunec.runtime.store.files import write_bytes

_MARK = b"\xef\xbb\xbf"


def rewrite(spec: Path, text: str) -> None:
    """Replace the text of a spec, whole or not at all. Raises OSError."""
    raw = read_bounded(spec, MOST_BYTES)
    lines = text.replace("\n", "\r\n") if b"\r\n" in raw else text
    write_bytes(spec, lines.encode("utf-8-sig" if raw.startswith(_MARK) else "utf-8"))
