"""Takes the pictures of the README and of these pages from a real build: `python -m docs.pictures [VERSION_FOLDER]`.

Without a folder the demo is built for it. Needs Chromium.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

from rich.console import Console
from rich.text import Text

from bench.pages import READY
from tests.browser import address, visit
from tunec.show.server import Site, serve

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
WIDTH = 100


def pages(version: Path) -> None:
    """The first screen of the report, its flow of rows, and a page of `tunec show`."""
    report = address(version / "report.html")
    for name, place, width, height, dark in (
        ("report", "body", 1200, 800, False),
        ("report-flow", "#flow", 1200, 760, True),
        ("report-phone", "body", 390, 800, True),
    ):
        seen = visit(report, [READY, _go(place)], width, height, dark, pictures=True)
        (PICTURES / f"{name}.png").write_bytes(seen.pictures[-1])
    site = Site(version)
    table = next(name for name in site.tables if name.startswith("ledger of "))
    with serve(site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asked = urlencode({"token": site.token, "table": table, "state": "dropped"})
        seen = visit(f"http://127.0.0.1:{server.server_port}/rows?{asked}", [READY], 1200, 700, False, pictures=True)
        server.shutdown()
    (PICTURES / "show.png").write_bytes(seen.pictures[-1])


def _go(place: str) -> str:
    if place == "body":
        return "scrollTo(0, 0)"
    return f"document.documentElement.style.scrollPaddingTop = 0; document.querySelector({place!r}).scrollIntoView()"


def terminal(name: str, title: str, command: list[str], output: str) -> None:
    """A terminal with a command and what it wrote."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(f"$ {' '.join(command)}\n{output.rstrip()}"), soft_wrap=False)
    (PICTURES / f"{name}.svg").write_text(console.export_svg(title=title, unique_id=f"tunec-{name}"), encoding="utf-8")


def ran(command: list[str], folder: Path) -> str:
    """What a command of tunec writes."""
    words = [sys.executable, "-m", *command]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout


def main(version: Path | None) -> None:
    """Take all pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        if version is None:
            ran(["tunec", "build", str(HERE.parent / "specs/chat.tune"), "--out", place, "--store", f"{place}/s"], HERE)
            version = next(Path(place).glob("*/manifest.json")).parent
        pages(version)
        dropped = next(row for row in _dropped(version))
        command = ["tunec", "why", version.name, dropped]
        terminal("why", "tunec why", command, ran([*command, "--out", str(version.parent)], HERE.parent))


def _dropped(version: Path) -> list[str]:
    """The ids of rows that a comparison with others dropped."""
    import polars as pl

    ledger = pl.read_parquet(next((version / "ledger").glob("*.parquet")), glob=False)
    return ledger.filter(pl.col("partner").is_not_null()).sort("id")["id"].to_list()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
