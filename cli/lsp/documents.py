"""The files that the editor has open, and the analyses of them that still hold."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import PositionCodec

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.elaborate.kept import Memory
from tunec.compiler.elaborate.load import read_text
from tunec.lsp.analysis import Analysis, analyse
from tunec.lsp.index import Marked
from tunec.lsp.positions import Lines
from tunec.lsp.room import with_room


@dataclass(frozen=True, slots=True)
class Document:
    """A file as the editor holds it: its text as it is `written`, and the `lines` that all else looks at, with room to
    type in."""

    uri: str
    path: Path
    version: int
    written: str
    lines: Lines

    @property
    def text(self) -> str:
        """The text with room to type in."""
        return self.lines.text


class Documents:
    """Open files by their path, with symbolic links resolved."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.codec = PositionCodec()
        self.open: dict[Path, Document] = {}
        self.memories: dict[Path, Memory] = {}
        self._marked: dict[Path, Marked] = {}
        self._analyses: dict[Path, tuple[Analysis, dict[Path, int]]] = {}

    def put(self, uri: str, text: str, version: int) -> Document:
        """Take in a text that the editor opened."""
        document = Document(uri, path_of(uri), version, text, Lines(with_room(text), self.codec))
        self.memories.setdefault(document.path, Memory())
        self._marked.setdefault(document.path, Marked())
        self.open[document.path] = document
        self.forget(document.path)
        return document

    def change(
        self, uri: str, changes: Sequence[types.TextDocumentContentChangeEvent], version: int
    ) -> Document | None:
        """Apply edits, one after another; None for a file that was never opened."""
        document = self.open.get(path_of(uri))
        if document is None:
            return None
        text = document.written
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                lines = Lines(text, self.codec)
                start, end = lines.offset(change.range.start), lines.offset(change.range.end)
                text = text[:start] + change.text + text[end:]
            else:
                text = change.text
        return self.put(document.uri, text, version)

    def close(self, uri: str) -> None:
        """Leave a file to the disk again."""
        path = path_of(uri)
        self.open.pop(path, None)
        self.memories.pop(path, None)
        self._marked.pop(path, None)
        self.forget(path)

    def forget(self, path: Path) -> None:
        """Drop every analysis that a file entered."""
        self._analyses = {p: kept for p, kept in self._analyses.items() if path not in kept[0].depends}

    def get(self, uri: str) -> Document | None:
        """The open file of a URI."""
        return self.open.get(path_of(uri))

    def buffer(self, path: Path) -> str | None:
        """What the editor holds of a file, with room to type in."""
        document = self.open.get(path)
        return document.text if document is not None else None

    def analysis(self, path: Path) -> Analysis:
        """The analysis of an open file or one on the disk, made anew where something it rests on has changed. Raises
        OSError or UnicodeDecodeError for a file that cannot be read."""
        kept = self._analyses.get(path)
        if kept is not None and all(_changed(other) == seen for other, seen in kept[1].items()):
            return kept[0]
        text = self.buffer(path)
        memory = self.memories.get(path)
        text = read_text(path) if text is None else text
        made = analyse(path, text, self.catalogue, self.buffer, memory, self._marked.get(path))
        self._analyses[path] = (made, {other: _changed(other) for other in made.depends if other not in self.open})
        return made

    def lines(self, path: Path) -> Lines:
        """The lines of a file, open or not."""
        document = self.open.get(path)
        return document.lines if document is not None else Lines(read_text(path), self.codec)

    def location(self, file: str, start: int, end: int) -> types.Location:
        """A stretch of a file of a program, for the protocol."""
        path = Path(file).resolve()
        lines = self.lines(path)
        return types.Location(self.uri(path), types.Range(lines.position(start), lines.position(end)))

    def uri(self, path: Path) -> str:
        """The URI of a file, in the editor's own spelling where it has the file open."""
        document = self.open.get(path)
        return document.uri if document is not None else from_fs_path(str(path)) or path.as_uri()

    def others(self, folders: Sequence[Path]) -> Iterator[Path]:
        """The specs in some folders, and those that are open: where a name may be used besides its own file."""
        seen = set(self.open)
        yield from list(self.open)
        for folder in folders:
            for path in _specs_under(folder):
                if path not in seen:
                    seen.add(path)
                    yield path


#: Folders that hold other people's files, and how many specs are looked at in all.
_FOREIGN = frozenset(("node_modules", "site-packages", "build", "__pycache__"))
_MOST = 300


def _specs_under(folder: Path) -> Iterator[Path]:
    count = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _FOREIGN)
        for name in sorted(files):
            if name.endswith(".tune"):
                yield (Path(place) / name).resolve()
                count += 1
                if count >= _MOST:
                    return


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def path_of(uri: str) -> Path:
    """The file of a URI. A text that was never saved has a name all the same."""
    found = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(found).resolve() if found else Path.cwd() / re.sub(r"\W+", "-", uri)
