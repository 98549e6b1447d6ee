"""Diagnostics as SARIF 2.1.0, the format in which code hosts and editors take the findings of any linter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from urllib.parse import quote

from tunec.dsl.diagnostics import Diagnostic, Fix
from tunec.dsl.source import Source, Span

Json = dict[str, object]
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    """One document with one run, and a line break at the end. It describes only the rules that have a finding.

    Columns count code points from one; the end is the first place behind.
    """
    found = list(diagnostics)
    rules = {d.code: d for d in sorted(found, key=lambda d: d.code)}
    run: Json = {
        "tool": {"driver": {"name": "tunec", "rules": [_rule(d) for d in rules.values()]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(d, list(rules).index(d.code), sources) for d in found],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def _rule(diagnostic: Diagnostic) -> Json:
    page = diagnostic.described.page
    return {
        "id": diagnostic.code,
        "name": diagnostic.name,
        "shortDescription": {"text": " ".join(page.split("\n\n", 1)[0].split())},
        "fullDescription": {"text": page},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": diagnostic.severity},
    }


def _result(diagnostic: Diagnostic, index: int, sources: Mapping[str, Source]) -> Json:
    told = [diagnostic.message, diagnostic.label, f"Help: {diagnostic.help}" if diagnostic.help else ""]
    result: Json = {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": diagnostic.severity,
        "message": {"text": "\n".join(line for line in (*told, *diagnostic.notes) if line)},
        "locations": [{"physicalLocation": _location(diagnostic.span, sources)}],
    }
    if diagnostic.labels:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _location(label.span, sources), "message": {"text": label.text}}
            for number, label in enumerate(diagnostic.labels)
        ]
    if diagnostic.fixes:
        result["fixes"] = [_fix(fix, sources) for fix in diagnostic.fixes]
    return result


def _location(span: Span, sources: Mapping[str, Source]) -> Json:
    location: Json = {"artifactLocation": {"uri": _uri(span.file)}}
    if span.file in sources:
        location["region"] = _region(span, sources[span.file])
    return location


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _region(span: Span, source: Source) -> Json:
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _fix(fix: Fix, sources: Mapping[str, Source]) -> Json:
    by_file: dict[str, list[Json]] = {}
    for edit in fix.edits:
        if edit.span.file in sources:
            change: Json = {"deletedRegion": _region(edit.span, sources[edit.span.file])}
            by_file.setdefault(edit.span.file, []).append({**change, "insertedContent": {"text": edit.text}})
    changes = [{"artifactLocation": {"uri": _uri(file)}, "replacements": made} for file, made in by_file.items()]
    return {"description": {"text": fix.title}, "artifactChanges": changes}
