"""Diagnostics for programs: one JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from tunec.dsl.diagnostics import Diagnostic, Fix
from tunec.dsl.source import Source, Span

Json = dict[str, object]


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    """A JSON list with an object for each diagnostic, in the order given, and a line break at the end.

    Lines and columns are counted from one, columns in code points, the end is the first place behind; they are null for
    a file that `sources` does not hold. `labels` and the edits of `fixes` have places of the same form.
    """
    documents = [_document(diagnostic, sources) for diagnostic in diagnostics]
    return json.dumps(documents, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def _document(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> Json:
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **_place(diagnostic.span, sources),
        "label": diagnostic.label,
        "labels": [{**_place(label.span, sources), "text": label.text} for label in diagnostic.labels],
        "help": diagnostic.help,
        "notes": list(diagnostic.notes),
        "fixes": [_fix(fix, sources) for fix in diagnostic.fixes],
    }


def _fix(fix: Fix, sources: Mapping[str, Source]) -> Json:
    return {
        "title": fix.title,
        "safe": fix.safe,
        "edits": [{**_place(edit.span, sources), "text": edit.text} for edit in fix.edits],
    }


def _place(span: Span, sources: Mapping[str, Source]) -> Json:
    source = sources.get(span.file)
    line, column = source.position(span.start) if source else (None, None)
    end_line, end_column = source.position(span.end) if source else (None, None)
    return {"file": span.file, "line": line, "column": column, "end_line": end_line, "end_column": end_column}
