"""What is wrong with a spec, as `tunec lint` says it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lsprotocol import types

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.elaborate.kept import Memory
from tunec.compiler.elaborate.load import read_text
from tunec.compiler.lint.check import check_spec, judge
from tunec.compiler.pipeline import Compiled, Elaborated
from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.tree import File, Import
from tunec.lsp.documents import Document, Documents
from tunec.lsp.links import page

_SEVERITY = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}


def check(
    path: Path,
    text: str,
    catalogue: Catalogue,
    buffer: Callable[[Path], str | None],
    memory: Memory | None = None,
    known: Elaborated | None = None,
) -> Compiled:
    """Compile and judge a text that stands for a file; `known` is what became of it, where that is known."""
    if known is not None and not known.variant:
        return judge([known])

    def read(other: Path) -> str:
        held = buffer(other.resolve())
        return read_text(other) if held is None else held

    return check_spec(path, catalogue, None, text, read, memory)


def to_protocol(compiled: Compiled, document: Document, documents: Documents) -> list[types.Diagnostic]:
    """The diagnostics of a file. What is wrong in an imported file is shown at the import, with the place itself."""
    own = str(document.path)
    return [_converted(d, own, compiled, document, documents) for d in compiled.diagnostics]


def _converted(
    diagnostic: Diagnostic, own: str, compiled: Compiled, document: Document, documents: Documents
) -> types.Diagnostic:
    said = [diagnostic.message]
    if diagnostic.label:
        said[0] += f" ({diagnostic.label})"
    said += diagnostic.notes
    if diagnostic.help:
        said.append(f"help: {diagnostic.help}")
    places = [(label.span, label.text) for label in diagnostic.labels]
    here = diagnostic.span.file == own
    if not here:
        places.insert(0, (diagnostic.span, diagnostic.message))
        said[0] = f"{compiled.sources[diagnostic.span.file].place(diagnostic.span)}: {said[0]}"
    related = [
        types.DiagnosticRelatedInformation(documents.location(span.file, span.start, span.end), text)
        for span, text in places
        if Path(span.file).exists() or span.file == own
    ]
    where = document.lines.range(diagnostic.span) if here else _import(document, compiled, diagnostic.span.file)
    return types.Diagnostic(
        where,
        "\n".join(said),
        severity=_SEVERITY.get(diagnostic.severity, types.DiagnosticSeverity.Information),
        code=diagnostic.code,
        code_description=types.CodeDescription(told) if (told := page(diagnostic.code)) is not None else None,
        source="tunec",
        related_information=related or None,
        tags=[types.DiagnosticTag.Unnecessary] if diagnostic.name.startswith("unused") else None,
    )


def _import(document: Document, compiled: Compiled, other: str) -> types.Range:
    """The import of another file; the first import where it is only imported by an imported one."""
    from tunec.dsl.parser import parse

    file: File = parse(compiled.sources[str(document.path)])[0]
    imports = [item for item in file.declarations if isinstance(item, Import)]
    wanted = Path(other).resolve()
    found = [item for item in imports if (document.path.parent / item.path).resolve() == wanted] or imports
    return document.lines.range(found[0].span) if found else types.Range(*[types.Position(0, 0)] * 2)
