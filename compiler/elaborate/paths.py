"""Paths in a spec start in the folder of the file that states them; in the graph they start in the main file's. They
may hold constants: `"{{ folder }}/tasks.jsonl"`, where `folder` is a `param` or a `const`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from tunec.compiler.elaborate.builder import Builder, Value
from tunec.compiler.elaborate.candidates import declared_as
from tunec.compiler.types import PATH, TEXT, Type
from tunec.dsl.source import Span
from tunec.dsl.tree import Literal

MAIN = "."
_PLACEHOLDER = re.compile(r"\{\{\s*([^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*\}\}")


def anchored(value: Value, want: Type, folder: str) -> Value:
    """The value with its paths as seen from the main file's folder, where paths are wanted; else as it is.

    `folder` is that of the file which asks. A constant that was stated in another file starts in that one's.
    """
    start = folder if value.folder is None else value.folder
    if want == PATH and isinstance(value.lowered, str):
        return replace(value, lowered=_from_main(start, value.lowered), folder=MAIN)
    if want in (PATH, Type("list", PATH)) and isinstance(value.lowered, tuple):
        items = (_from_main(start, item) if isinstance(item, str) else item for item in value.lowered)
        return replace(value, lowered=tuple(items), folder=MAIN)
    return value


def _from_main(folder: str, path: str) -> str:
    """A URL, an absolute path and an empty one stay as they are."""
    if not path or "://" in path or posixpath.isabs(path):
        return path
    return posixpath.normpath(posixpath.join(folder, path))


def names_in(text: str) -> list[str]:
    """The names that stand between double braces in a text."""
    return _PLACEHOLDER.findall(text) if "{{" in text else []


def places_in(text: str, span: Span) -> Iterator[tuple[str, Span]]:
    """The names between double braces in a stretch of a file with this text, each with its place."""
    for found in _PLACEHOLDER.finditer(text, span.start, span.end):
        yield found[1], Span(span.file, found.start(1), found.end(1))


def filled(builder: Builder, node: Literal) -> Value | None:
    """A path with its constants put in; None where one is none (and has been reported). It starts in the folder of the
    file that states its first part."""
    text, file = str(node.value), node.span.file
    whole = builder.program.sources[file].text if file in builder.program.sources else ""
    places = dict(places_in(whole, node.span))
    parts: list[str] = []
    folder, end = builder.program.folders.get(file), 0
    for found in _PLACEHOLDER.finditer(text):
        where = places.get(found[1], node.span)
        value = _constant(builder, found[1], where)
        if value is None:
            return None
        if found.start() == 0:
            folder = value.folder
        parts += [text[end : found.start()], str(value.lowered)]
        end = found.end()
    return Value(TEXT, "".join([*parts, text[end:]]), folder=folder)


def _constant(builder: Builder, name: str, where: Span) -> Value | None:
    declared = builder.program.resolve(name, where.file)
    if declared is None:
        builder.unknown("name", name, declared_as(builder, "value", where.file), where)
        return None
    entity = builder.lookup(declared, where)
    if entity.kind == "broken":
        return None
    if entity.value is None or not isinstance(entity.value.lowered, str) or entity.value.type != TEXT:
        message = f"a path takes texts between `{{{{` and `}}}}`, and `{name}` is "
        kind = str(entity.value.type) if entity.value is not None else f"declared as {entity.declared}"
        builder.report("T201", message + kind, where)
        return None
    return entity.value
