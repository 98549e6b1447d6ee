"""Draws docs/diagnostic.svg: a real diagnostic as a terminal shows it. `python docs/picture.py`"""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tunec.compiler.lint.check import check_spec
from tunec.dsl.render.text import render
from tunec.runtime.catalogue import load_catalogue

HERE = Path(__file__).parent
SPEC = HERE.parent / "tests" / "golden" / "lint" / "unchecked_through_a_second_data_set.tune"
WIDTH = 110


def picture() -> str:
    """The picture, the same on every machine."""
    text = SPEC.read_text(encoding="utf-8")
    compiled = check_spec(Path("specs/chat.tune"), load_catalogue(), text=text)
    shown = render(compiled.diagnostics, compiled.sources, colour=True, width=WIDTH)
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(f"$ tunec lint specs/chat.tune\n{shown.rstrip()}"), soft_wrap=False)
    return console.export_svg(title="tunec lint", unique_id="tunec")


if __name__ == "__main__":
    (HERE / "diagnostic.svg").write_text(picture(), encoding="utf-8")
    print(os.path.relpath(HERE / "diagnostic.svg"))
