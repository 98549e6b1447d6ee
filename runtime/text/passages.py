"""Cuts documents into passages: at headings, then between paragraphs, then between sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: A heading of Markdown, or of a Chinese document: 第三章, 第二节.
_HEADING = re.compile(r"#{1,6} |第[一二三四五六七八九十百零〇\d]+[章节篇回](?:[\s:：、]|$)")
_FENCE = re.compile(r"\s*(```|~~~)")
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


def passages(text: str, size: int) -> list[str]:
    """Passages of at most `size` characters, in order. Sections under a heading are never joined, but a heading that
    has nothing below it stands above the next one; shorter pieces of a section are joined, as long as they fit."""
    found: list[str] = []
    for section in _sections(text):
        found += _cut(section, size, (_PARAGRAPH, _SENTENCE))
    return found


def _sections(text: str) -> Iterator[str]:
    """The sections of a document, each with its headings. What looks like a heading in a block of code is none."""
    lines: list[str] = []
    fenced = has_body = False
    for line in text.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        heading = not fenced and _HEADING.match(line) is not None
        if heading and has_body:
            yield "\n".join(lines).strip()
            lines, has_body = [], False
        lines.append(line)
        has_body |= not heading and bool(line.strip())
    last = "\n".join(lines).strip()
    if last:
        yield last


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
