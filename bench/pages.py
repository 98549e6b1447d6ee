"""The pages of a version as people see them: `python -m bench.pages VERSION_FOLDER OUT`.

Headless Chromium opens the report and the pages of `tunec show`, on a phone and on a desktop, in light and in dark. A
picture of each goes into OUT. Console errors, requests that leave a page, and what axe-core finds are faults; axe-core
is that of the package `axe-playwright-python`, if it is installed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

from tests.browser import address, visit
from tunec.show.server import Site, serve

SIZES = {"phone": (390, 844), "desktop": (1200, 900)}
#: Waits for the charts of a report; a page of `show` has none.
READY = (
    "new Promise(done => { const charts = document.querySelector('figure.chart'); const look = () =>"
    " charts && document.documentElement.dataset.drawn === undefined ? setTimeout(look, 20) : done(1); look(); })"
)
OPENED = "for (const part of document.querySelectorAll('details')) part.open = true"
#: What axe-core finds, each with its weight, its rule, and the first place of it.
AXE = (
    "axe.run().then(found => found.violations.map(v => `${v.impact} ${v.id}: ${v.nodes.length}×, "
    "${v.nodes[0].target} ${v.nodes[0].failureSummary.replaceAll('\\n', ' ')}`))"
)


def axe() -> str | None:
    """The source of axe-core, where its package is installed."""
    found = find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        return None
    return (Path(next(iter(found.submodule_search_locations))) / "axe.min.js").read_text(encoding="utf-8")


def faults(url: str, name: str, out: Path) -> Iterator[str]:
    """Open a page in every size and light, keep a picture of it, and tell what is wrong."""
    checks = [f"{source};1", OPENED, AXE] if (source := axe()) else []
    for size, (width, height) in SIZES.items():
        for dark in (False, True):
            seen = visit(url, [READY, *checks], width=width, height=height, dark=dark, pictures=True)
            (out / f"{name}-{size}-{'dark' if dark else 'light'}.png").write_bytes(seen.pictures[0])
            where = f"{name}, {size}, {'dark' if dark else 'light'}"
            found = seen.values[-1] if checks else []
            yield from (f"{where}: {what}" for what in [*seen.errors, *seen.requests, *(found or [])])


def pages(site: Site, port: int) -> dict[str, str]:
    """The addresses of a version's pages."""
    at = f"http://127.0.0.1:{port}"
    ledger = next(name for name in site.tables if name.startswith("ledger of "))
    asked = {
        "show": ("/", {}),
        "show-search": ("/rows", {"table": ledger, "q": "the", "state": "dropped"}),
        "show-diff": ("/diff", {"against": site.manifest["version"]}),
    }
    shown = {name: f"{at}{path}?{urlencode({'token': site.token, **told})}" for name, (path, told) in asked.items()}
    return {"report": address(site.version / "report.html"), **shown}


def main(version: Path, out: Path) -> int:
    """Look at every page, and say what is wrong."""
    out.mkdir(parents=True, exist_ok=True)
    site, count = Site(version), 0
    with serve(site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name, url in pages(site, server.server_port).items():
            for fault in faults(url, name, out):
                count += 1
                print(fault, flush=True)
        server.shutdown()
    print(f"{count} faults{'' if axe() else '; axe-core is not installed'}")
    return 1 if count else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2])))
