"""Symbols: the declarations of a file with the stages of their blocks, and those of all specs of the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types
from lsprotocol.types import SymbolKind

from tunec.dsl import tree
from tunec.dsl.parser import parse
from tunec.dsl.source import Source, Span
from tunec.lsp.analysis import Analysis
from tunec.lsp.documents import Document, Documents

_KINDS = {
    "const": SymbolKind.Constant,
    "source": SymbolKind.File,
    "seeds": SymbolKind.File,
    "benchmark": SymbolKind.File,
    "model": SymbolKind.Object,
    "embedder": SymbolKind.Object,
    "generate": SymbolKind.Event,
    "dataset": SymbolKind.Array,
    "rule": SymbolKind.Function,
    "tokenizer": SymbolKind.Object,
    "train": SymbolKind.Class,
    "merge": SymbolKind.Class,
    "evaluate": SymbolKind.Interface,
}


def symbols(analysis: Analysis, document: Document) -> list[types.DocumentSymbol]:
    """The outline of a file."""
    found = []
    for item in analysis.builder.program.files[analysis.main].declarations:
        if isinstance(item, tree.Import):
            said = f"as {item.alias}" if item.alias else "import"
            found.append(_symbol(document, item.path, said, SymbolKind.Module, item.span, item.span))
        elif isinstance(item, tree.Spec):
            found.append(_symbol(document, item.name, "spec", SymbolKind.Package, item.span, item.name_span))
        elif isinstance(item, tree.Param):
            said = f"param: {item.type}"
            found.append(_symbol(document, item.name, said, SymbolKind.Constant, item.span, item.name_span))
        elif isinstance(item, tree.Vary):
            said = f"vary: {len(item.items)} variants"
            found.append(_symbol(document, item.name, said, SymbolKind.Enum, item.span, item.name_span))
        else:
            flow = analysis.flow_of(analysis.builder.program.scopes[analysis.main] + item.name)
            said = f"{item.kind} · {flow.rows} rows" if flow else item.kind
            symbol = _symbol(
                document, item.name, said, _KINDS.get(item.kind, SymbolKind.Object), item.span, item.name_span
            )
            symbol.children = [_statement(document, s) for s in item.block.statements] if item.block else None
            found.append(symbol)
    return found


def workspace_symbols(documents: Documents, folders: Sequence[Path], query: str) -> list[types.WorkspaceSymbol]:
    """The declarations of all specs whose names hold the letters of a query, in their order."""
    found = []
    for path in documents.others(folders):
        try:
            lines = documents.lines(path)
        except (OSError, UnicodeDecodeError):
            continue
        for item in parse(Source(str(path), lines.text))[0].declarations:
            if isinstance(item, tree.Declared) and _holds(item.name, query):
                kind = item.kind if isinstance(item, tree.Declaration) else "const"
                place = types.Location(documents.uri(path), lines.range(item.name_span))
                found.append(types.WorkspaceSymbol(place, item.name, _KINDS[kind], container_name=path.name))
    return found


def _holds(name: str, query: str) -> bool:
    letters = iter(name.lower())
    return all(letter in letters for letter in query.lower())


def _statement(document: Document, statement: tree.Statement) -> types.DocumentSymbol:
    name, said, place = document.text[statement.span.start : statement.span.end].split("\n", 1)[0], "", statement.span
    if isinstance(statement, tree.Stage):
        said = f"as {statement.label}" if statement.label else ""
        if isinstance(statement.value, tree.Call):
            name, place = statement.value.name, statement.value.name_span
    elif isinstance(statement, tree.Let):
        name, said, place = statement.name, "let", statement.name_span
    return _symbol(document, name, said, SymbolKind.Method, statement.span, place)


def _symbol(
    document: Document, name: str, detail: str, kind: SymbolKind, span: Span, place: Span
) -> types.DocumentSymbol:
    return types.DocumentSymbol(name or "?", kind, document.lines.range(span), document.lines.range(place), detail)
