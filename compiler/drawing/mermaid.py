"""A graph as a Mermaid flowchart, which GitHub and many editors draw."""

from __future__ import annotations

from tunec.compiler.drawing.picture import Picture


def mermaid(picture: Picture) -> str:
    """The text of the flowchart."""
    numbers = {box.name: f"n{place}" for place, box in enumerate(picture.boxes)}
    lines = ["flowchart LR"]
    for box in picture.boxes:
        said = "<br/>".join(_escaped(line) for line in (f"<b>{box.name}</b> · {box.kind}", *box.lines))
        lines.append(f'    {numbers[box.name]}["{said}"]')
    for arrow in picture.arrows:
        line = "-->" if arrow.rows else "-.->"
        lines.append(f"    {numbers[arrow.source]} {line} {numbers[arrow.target]}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Mermaid ends a label at a quotation mark, and takes `#` for the start of an entity."""
    bold = text.startswith("<b>")
    head, _, rest = text.removeprefix("<b>").partition("</b>") if bold else ("", "", text)
    plain = [
        t.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;") for t in (head, rest)
    ]
    spaces = len(plain[1]) - len(plain[1].lstrip(" ")) if not bold else 0
    tail = "&nbsp;" * (2 * spaces) + plain[1].lstrip(" ") if spaces else plain[1]
    return f"<b>{plain[0]}</b>{tail}" if bold else tail
