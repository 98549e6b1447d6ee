"""A graph in the language of Graphviz."""

from __future__ import annotations

from tunec.compiler.drawing.picture import Picture


def dot(picture: Picture) -> str:
    """The text for `dot`."""
    lines = ["digraph spec {", "    rankdir=LR;", '    node [shape=box, style=rounded, fontname="monospace"];']
    for box in picture.boxes:
        said = "".join(_escaped(line) + "\\l" for line in (f"{box.name} · {box.kind}", *box.lines))
        lines.append(f'    "{_escaped(box.name)}" [label="{said}"];')
    for arrow in picture.arrows:
        style = "" if arrow.rows else " [style=dashed]"
        lines.append(f'    "{_escaped(arrow.source)}" -> "{_escaped(arrow.target)}"{style};')
    return "\n".join([*lines, "}"]) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
