"""Signature help: the call around the cursor, and which of its arguments comes next."""

from __future__ import annotations

from lsprotocol import types

from tunec.compiler.docstrings import arguments, body
from tunec.lsp.analysis import Analysis
from tunec.lsp.cursor import Frame, cursor_at
from tunec.lsp.documents import Document

TRIGGERS = ["(", ",", ":"]


def signature(analysis: Analysis, document: Document, position: types.Position) -> types.SignatureHelp | None:
    """The signature of the innermost call around a position."""
    cursor = cursor_at(analysis.source, document.lines.offset(position), analysis.builder.catalogue)
    call = cursor.call
    if cursor.comment or call is None or call.operator is None:
        return None
    operator = call.operator
    said = arguments(operator.doc)
    parameters = [
        types.ParameterInformation(str(p), " ".join((said.get(p.name) or "").split()) or None)
        for p in sorted(operator.parameters, key=lambda p: p.keyword_only)  # as the signature has them
    ]
    doc = types.MarkupContent(types.MarkupKind.Markdown, body(operator.doc).split("\n\n")[0])
    active = _active(call)
    shown = types.SignatureInformation(operator.signature, doc, parameters, active)
    return types.SignatureHelp([shown], 0, active)


def _active(call: Frame) -> int | None:
    """The place of the argument that is being written; None where any may come."""
    assert call.operator is not None
    names = [p.name for p in sorted(call.operator.parameters, key=lambda p: p.keyword_only)]
    wanted = call.parameter
    return names.index(wanted.name) if wanted is not None else None
