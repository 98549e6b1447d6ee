"""Links: from paths to files, and from the codes of diagnostics to their pages."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lsprotocol import types

from tunec.compiler.lint.pages import page_of
from tunec.compiler.lint.rule import all_codes
from tunec.dsl.parser import parse
from tunec.lsp.analysis import Analysis
from tunec.lsp.documents import Document, Documents

_CODE = re.compile(r"\bT\d{3}\b")


def links(analysis: Analysis, document: Document, documents: Documents) -> list[types.DocumentLink]:
    """The links of a file, in the order of the text."""
    return [*_files(analysis, document, documents), *_codes(analysis, document)]


def _files(analysis: Analysis, document: Document, documents: Documents) -> Iterator[types.DocumentLink]:
    for mark in analysis.index().marks:
        if mark.role == "file" and "\0" not in mark.name:
            path = analysis.path.parent / mark.name
            if path.is_file():
                yield types.DocumentLink(document.lines.range(mark.span), documents.uri(path.resolve()))


def _codes(analysis: Analysis, document: Document) -> Iterator[types.DocumentLink]:
    """The codes that comments name, as `# tunec: allow T313` does."""
    file, _ = parse(analysis.source)
    for comment in file.comments:
        for code in _CODE.finditer(comment.text):
            target = page(code[0])
            if target is not None:
                start = comment.span.start + code.start()
                position = document.lines.position
                place = types.Range(position(start), position(start + len(code[0])))
                yield types.DocumentLink(place, target, f"tunec explain {code[0]}")


@cache
def page(code: str) -> str | None:
    """The URI of a code's page, as a file that lasts as long as the session; None for a code that there is not."""
    about = all_codes().get(code)
    if about is None:
        return None
    path = Path(_folder().name) / f"{code}.md"
    path.write_text(f"# {code} {about.name} ({about.severity})\n\n{page_of(code)}\n", encoding="utf-8")
    return path.as_uri()


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tunec-pages-")
