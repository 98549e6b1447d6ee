"""Cuts documents into passages: at headings, then between paragraphs, then between sentences."""

from __future__ import annotations

import re

_HEADING = re.compile(r"^(?=#{1,6} )", re.MULTILINE)
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


def passages(text: str, size: int) -> list[str]:
    """Passages of at most `size` characters, in order. Sections under a heading of Markdown are never joined; shorter
    pieces of a section are, as long as they fit."""
    found: list[str] = []
    for section in _HEADING.split(text):
        if section.strip():
            found += _cut(section.strip(), size, (_PARAGRAPH, _SENTENCE))
    return found


def _cut(text: str, size: int, ways: tuple[re.Pattern[str], ...]) -> list[str]:
    if len(text) <= size:
        return [text]
    if not ways:
        return [text[start : start + size] for start in range(0, len(text), size)]
    joint = "\n\n" if ways[0] is _PARAGRAPH else " "
    found: list[str] = []
    for piece in (part.strip() for part in ways[0].split(text)):
        for part in _cut(piece, size, ways[1:]) if piece else ():
            if found and len(found[-1]) + len(joint) + len(part) <= size:
                found[-1] += joint + part
            else:
                found.append(part)
    return found
