"""Code actions: the fixes that diagnostics carry, one by one, and all that are safe at once."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from tunec.compiler.lint.fix import fixed
from tunec.compiler.pipeline import Compiled
from tunec.dsl.diagnostics import Diagnostic, Fix
from tunec.dsl.source import Source
from tunec.lsp.diagnostics import to_protocol
from tunec.lsp.documents import Document, Documents

KINDS = [types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]


def actions(
    compiled: Compiled, document: Document, documents: Documents, params: types.CodeActionParams
) -> list[types.CodeAction]:
    """The actions for a range of a file."""
    own = str(document.path)
    start, end = (document.lines.offset(place) for place in (params.range.start, params.range.end))
    found: list[types.CodeAction] = []
    if _asked(params, types.CodeActionKind.QuickFix):
        for diagnostic, shown in zip(compiled.diagnostics, to_protocol(compiled, document, documents), strict=True):
            touched = diagnostic.span.file == own and diagnostic.span.start <= end and start <= diagnostic.span.end
            for fix in diagnostic.fixes if touched else ():
                found.append(_quick(fix, shown, document, documents))
    if _asked(params, types.CodeActionKind.SourceFixAll):
        found += _all(compiled.diagnostics, document)
    return found


def _asked(params: types.CodeActionParams, kind: types.CodeActionKind) -> bool:
    only = params.context.only
    return only is None or any(kind == asked or str(kind.value).startswith(f"{_text(asked)}.") for asked in only)


def _text(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _quick(fix: Fix, shown: types.Diagnostic, document: Document, documents: Documents) -> types.CodeAction:
    changes: dict[str, list[types.TextEdit]] = {}
    for edit in fix.edits:
        place = documents.location(edit.span.file, edit.span.start, edit.span.end)
        changes.setdefault(place.uri, []).append(types.TextEdit(place.range, edit.text))
    return types.CodeAction(
        fix.title,
        types.CodeActionKind.QuickFix,
        diagnostics=[shown],
        is_preferred=fix.safe,
        edit=types.WorkspaceEdit(changes),
    )


def _all(diagnostics: Iterable[Diagnostic], document: Document) -> list[types.CodeAction]:
    source = Source(str(document.path), document.text)
    text, count = fixed(source, [d for d in diagnostics if d.span.file == source.name])
    if not count:
        return []
    edit = types.TextEdit(document.lines.whole, text)
    return [
        types.CodeAction(
            "apply all safe fixes",
            types.CodeActionKind.SourceFixAll,
            edit=types.WorkspaceEdit({document.uri: [edit]}),
        )
    ]
