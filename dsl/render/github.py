"""Diagnostics as workflow commands, which GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.source import Source


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    """One line for each diagnostic, in the order given, each with a line break at its end."""
    return "".join(_command(diagnostic, sources) + "\n" for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> str:
    properties = {"title": f"{diagnostic.code} {diagnostic.name}", "file": diagnostic.span.file}
    source = sources.get(diagnostic.span.file)
    if source is not None:
        line, column = source.position(diagnostic.span.start)
        last, behind = source.position(diagnostic.span.end)
        properties |= {"line": str(line), "endLine": str(last)}
        if line == last:  # GitHub takes columns only within one line
            properties |= {"col": str(column), "endColumn": str(max(column, behind - 1))}
    told = [diagnostic.message, diagnostic.label]
    told += [f"{label.text} ({_place(label.span.file, sources, label.span.start)})" for label in diagnostic.labels]
    told += [f"help: {diagnostic.help}" if diagnostic.help else "", *diagnostic.notes]
    message = "\n".join(line for line in told if line)
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{diagnostic.severity} {given}::{_data(message)}"


def _place(file: str, sources: Mapping[str, Source], offset: int) -> str:
    return f"{file}:{sources[file].position(offset)[0]}" if file in sources else file


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
