"""References: every use of a name, in this spec, in what it imports, and in other specs that import them; and the uses
in one file, for its editor to highlight."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types

from tunec.dsl.source import Span
from tunec.lsp.analysis import Analysis
from tunec.lsp.documents import Document, Documents
from tunec.lsp.index import Mark

Place = tuple[Path, int, int]


def references(
    analysis: Analysis,
    document: Document,
    documents: Documents,
    position: types.Position,
    folders: Sequence[Path],
    with_definition: bool = True,
) -> list[types.Location]:
    """The uses of what stands at a position, with its definition or without."""
    mark = analysis.index().at(document.lines.offset(position))
    if mark is None or mark.definition is None:
        return []
    found = places(analysis, documents, mark, folders)
    if not with_definition:
        found = [place for place in found if place != _place(mark.definition)]
    return [documents.location(str(path), start, end) for path, start, end in found]


def highlights(analysis: Analysis, document: Document, position: types.Position) -> list[types.DocumentHighlight]:
    """The uses of what stands at a position in its own file. Fields, operators and their arguments count by name."""
    marks = analysis.index().marks
    mark = analysis.index().at(document.lines.offset(position))
    if mark is None or mark.role == "unknown":
        return []
    kinds = types.DocumentHighlightKind
    if mark.definition is None:
        same = [m for m in marks if m.definition is None and (m.role, m.name) == (mark.role, mark.name)]
        return [types.DocumentHighlight(document.lines.range(m.span), kinds.Text) for m in same]
    return [
        types.DocumentHighlight(document.lines.range(m.span), kinds.Write if m.span == m.definition else kinds.Read)
        for m in marks
        if m.definition == mark.definition
    ]


def places(analysis: Analysis, documents: Documents, mark: Mark, folders: Sequence[Path]) -> list[Place]:
    """Where a thing is named, its definition included, in the order of files and text."""
    if mark.definition is None:
        return []
    wanted = _place(mark.definition)
    name = mark.name.rpartition(".")[2]
    found = set(_in(analysis, wanted))
    for path in documents.others(folders):
        if path == analysis.path:
            continue
        try:
            # A name that is used stands in the text of the file; most files need no more than this look.
            if name in documents.lines(path).text:
                found.update(_in(documents.analysis(path), wanted))
        except (OSError, UnicodeDecodeError):
            continue
    return sorted(found)


def _in(analysis: Analysis, wanted: Place) -> list[Place]:
    return [
        _place(mark.span)
        for mark in analysis.marks()
        if mark.definition is not None and mark.definition.start == wanted[1] and _place(mark.definition) == wanted
    ]


def _place(span: Span) -> Place:
    return Path(span.file).resolve(), span.start, span.end
