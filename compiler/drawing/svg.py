"""A graph as an SVG drawing that needs nothing else."""

from __future__ import annotations

import unicodedata
from html import escape

from tunec.compiler.drawing.picture import Box, Picture

_WIDTH, _LINE, _PAD = 7.3, 18, 12  # of a character, of a line, around the text; pixels
_GAP_X, _GAP_Y = 70, 26
_LONGEST = 46  # characters of a line that are shown
_COLOURS = {
    "source": "#dbeafe", "model": "#ede9fe", "embedder": "#ede9fe", "generate": "#dcfce7", "dataset": "#fef3c7",
    "train": "#fee2e2", "merge": "#fee2e2", "tokenizer": "#fee2e2", "evaluate": "#f1f5f9",
}  # fmt: skip


def svg(picture: Picture) -> str:
    """The drawing: columns from left to right, each box right of all that it needs."""
    columns = _columns(picture)
    placed: dict[str, tuple[float, float, float, float]] = {}
    x = float(_PAD)
    for column in columns:
        width = max(_width(box) for box in column)
        y = float(_PAD)
        for box in column:
            height = _LINE * (1 + len(box.lines)) + 2 * _PAD
            placed[box.name] = (x, y, width, height)
            y += height + _GAP_Y
        x += width + _GAP_X
    wide = x - _GAP_X + _PAD
    high = max((y + height for _, y, _, height in placed.values()), default=0) + _PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" '
        f'height="{high:.0f}" font-family="ui-monospace, monospace" font-size="12">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#475569"/></marker></defs>',
        f'<rect width="{wide:.0f}" height="{high:.0f}" fill="#ffffff"/>',
    ]
    for arrow in picture.arrows:
        parts.append(_arrow(placed[arrow.source], placed[arrow.target], arrow.rows))
    for box in picture.boxes:
        parts.append(_box(box, *placed[box.name]))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _columns(picture: Picture) -> list[list[Box]]:
    depth: dict[str, int] = {}
    for box in picture.boxes:
        before = [depth[a.source] for a in picture.arrows if a.target == box.name and a.source in depth]
        depth[box.name] = max(before, default=-1) + 1
    return [[b for b in picture.boxes if depth[b.name] == d] for d in range(max(depth.values(), default=-1) + 1)]


def _arrow(source: tuple[float, float, float, float], target: tuple[float, float, float, float], rows: bool) -> str:
    x1, y1 = source[0] + source[2], source[1] + source[3] / 2
    x2, y2 = target[0], target[1] + min(target[3] / 2, 40)
    middle = (x1 + x2) / 2
    dash = "" if rows else ' stroke-dasharray="5 4"'
    path = f"M{x1:.1f} {y1:.1f} C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    return f'<path d="{path}" fill="none" stroke="#475569"{dash} marker-end="url(#tip)"/>'


def _box(box: Box, x: float, y: float, width: float, height: float) -> str:
    colour = _COLOURS.get(box.kind, "#ffffff")
    parts = [
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="7" fill="{colour}" '
        'stroke="#94a3b8"/>'
    ]
    for number, line in enumerate((f"{box.name} · {box.kind}", *box.lines)):
        bold = ' font-weight="bold"' if number == 0 else ""
        place = y + _PAD + _LINE * (number + 0.75)
        parts.append(
            f'<text x="{x + _PAD:.1f}" y="{place:.1f}"{bold} xml:space="preserve" fill="#0f172a">'
            f"{escape(_clipped(line))}</text>"
        )
    return "".join(parts)


def _width(box: Box) -> float:
    return max(_cells(_clipped(line)) for line in (f"{box.name} · {box.kind}", *box.lines)) * _WIDTH + 2 * _PAD


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
