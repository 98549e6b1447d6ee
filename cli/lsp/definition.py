"""Go to definition: of names across imports, and to the files that a spec names."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from tunec.lsp.analysis import Analysis
from tunec.lsp.documents import Document, Documents


def definition(
    analysis: Analysis, document: Document, documents: Documents, position: types.Position
) -> types.Location | None:
    """Where what stands at a position is defined."""
    mark = analysis.index().at(document.lines.offset(position))
    if mark is None:
        return None
    if mark.definition is not None:
        return documents.location(mark.definition.file, mark.definition.start, mark.definition.end)
    if mark.role == "file":
        path = analysis.path.parent / mark.name
        if path.is_file():
            return types.Location(documents.uri(Path(path).resolve()), types.Range(*[types.Position(0, 0)] * 2))
    return None
