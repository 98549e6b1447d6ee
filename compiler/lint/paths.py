"""Paths that a spec names: whether the linter may look there, and where they are written."""

from __future__ import annotations

from pathlib import Path

from tunec.compiler.elaborate.walk import walk
from tunec.compiler.lint.view import Declared
from tunec.compiler.reach import beyond, is_allowed
from tunec.dsl.source import Span
from tunec.dsl.tree import Literal


def is_ours(path: str, folder: Path) -> bool:
    """Whether a path stays within what a build may read."""
    return is_allowed() or beyond(path, folder) is None


def place_of_path(declared: Declared, path: str) -> tuple[Span, bool]:
    """Where the path is written, and whether it is written just so."""
    texts = [n for n in walk(declared.call) if isinstance(n, Literal) and n.kind == "text"]
    ends = [n for n in texts if n.value == path or path.endswith(f"/{n.value}")]
    if ends:
        return ends[0].span, ends[0].value == path
    call = declared.call
    where = call.arguments[0].value.span if call is not None and call.arguments else declared.item.name_span
    return where, False
