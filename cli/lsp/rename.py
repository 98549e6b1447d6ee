"""Rename: a declaration, a `let`, a split, the name of a stage or of an import, everywhere at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types

from tunec.dsl.tables import WORDS
from tunec.lsp.analysis import Analysis
from tunec.lsp.documents import Document, Documents
from tunec.lsp.index import ROW_FIELDS, Mark
from tunec.lsp.inner import alias_of, inner_of, lets_of
from tunec.lsp.references import places

_NAME = re.compile(r"[^\W\d]\w*")
_RENAMED = ("declaration", "let", "split", "tap", "label", "alias")


class CannotRename(ValueError):
    """The new name cannot be; the message says why."""


def prepare(analysis: Analysis, document: Document, position: types.Position) -> types.PrepareRenamePlaceholder | None:
    """The name at a position, where it is one that can be changed."""
    mark = _mark(analysis, document, position)
    if mark is None:
        return None
    text = analysis.source.text[mark.span.start : mark.span.end]
    return types.PrepareRenamePlaceholder(document.lines.range(mark.span), text)


def rename(
    analysis: Analysis,
    document: Document,
    documents: Documents,
    position: types.Position,
    new_name: str,
    folders: Sequence[Path],
) -> types.WorkspaceEdit | None:
    """The edits that give what stands at a position another name. Raises CannotRename."""
    mark = _mark(analysis, document, position)
    if mark is None:
        return None
    _check(analysis, mark, new_name)
    changes: dict[str, list[types.TextEdit]] = {}
    for path, start, end in places(analysis, documents, mark, folders):
        place = documents.location(str(path), start, end)
        changes.setdefault(place.uri, []).append(types.TextEdit(place.range, new_name))
    return types.WorkspaceEdit(changes)


def _mark(analysis: Analysis, document: Document, position: types.Position) -> Mark | None:
    mark = analysis.index().at(document.lines.offset(position))
    return mark if mark is not None and mark.role in _RENAMED and mark.definition is not None else None


def _check(analysis: Analysis, mark: Mark, new_name: str) -> None:
    if not _NAME.fullmatch(new_name):
        raise CannotRename(
            f"`{new_name}` is not a valid name: use letters, digits and `_`, and do not start with a digit"
        )
    if new_name in WORDS:
        raise CannotRename(f"`{new_name}` is a keyword")
    declared = analysis.builder.program.declared
    if mark.role == "declaration":
        scope = mark.name.rpartition(".")[0]
        taken = f"{scope}.{new_name}" if scope else new_name
        if taken in declared and taken != mark.name:
            raise CannotRename(f"`{taken}` is already declared")
        if new_name in ROW_FIELDS:
            raise CannotRename(f"`{new_name}` is a field of rows, which the declaration would hide")
    elif mark.role == "alias":
        scope = mark.name[: -len(mark.name.rpartition(".")[2])]
        taken = f"{scope}{new_name}"
        if taken in declared or alias_of(analysis.builder, scope, new_name) not in (None, mark.definition):
            raise CannotRename(f"`{taken}` is already declared")
        if new_name == "meta" or new_name in ROW_FIELDS:
            raise CannotRename(f"`{new_name}` is a field of rows, which the import would hide")
    elif mark.role in ("let", "split", "tap"):
        owner = _defining(analysis, mark)
        inner = inner_of(declared.get(owner))
        if new_name in {**lets_of(analysis.builder, owner), **inner.taps, **inner.splits}:
            raise CannotRename(f"`{owner}` already has a `{new_name}`")
        if mark.role == "let" and (new_name in declared or new_name in ROW_FIELDS):
            raise CannotRename(f"`{new_name}` would hide a field or a declaration")


def _defining(analysis: Analysis, mark: Mark) -> str:
    """The declaration that a name is defined in, which need not be the one that it is used in."""
    place = mark.definition
    for name, item in analysis.builder.program.declared.items():
        if place is not None and item.span.file == place.file and item.span.start <= place.start < item.span.end:
            return name
    return mark.owner
