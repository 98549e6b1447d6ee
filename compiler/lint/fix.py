"""Applies the fixes that cannot be wrong."""

from __future__ import annotations

from collections.abc import Iterable

from tunec.dsl.diagnostics import Diagnostic, Edit
from tunec.dsl.source import Source


def fixed(source: Source, diagnostics: Iterable[Diagnostic]) -> tuple[str, int]:
    """The text of a file with every safe fix applied that touches no other, and how many they were.

    Fixes whose edits overlap are left for the next run, which sees the text as it is then.
    """
    taken: list[Edit] = []
    count = 0
    for diagnostic in diagnostics:
        fix = next((f for f in diagnostic.fixes if f.safe), None)
        if fix is None or any(edit.span.file != source.name for edit in fix.edits):
            continue
        if not any(_overlap(edit, other) for edit in fix.edits for other in taken):
            taken += fix.edits
            count += 1
    text = source.text
    for edit in sorted(taken, key=lambda e: e.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text, count


def _overlap(one: Edit, other: Edit) -> bool:
    if one.span.start == other.span.start:
        return True  # two insertions at one place have no order
    return one.span.start < other.span.end and other.span.start < one.span.end
