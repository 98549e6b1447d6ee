"""Serves the pages of a version on the loopback interface, to whoever has the token.

Only GET reads, and POST writes a decision into a file of `review`; nothing else is changed. The token is in the address
that the command prints, and every request is checked for it and for the name of this host: a page of another site can
neither read nor decide anything.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tunec.dsl.visible import visible
from tunec.runtime.sources.review import BadDecisions, decide, read_lines
from tunec.runtime.store.published import (
    NoSuchVersion,
    VersionDamaged,
    find_version,
    manifest_of,
    store_of,
    versions_in,
)
from tunec.runtime.versions.tables import Table, page, tables, told_rule

if TYPE_CHECKING:
    from jinja2 import Environment

_LARGEST = 64_000  # bytes of a decision
_LINES = 20  # rows of a file of decisions on a page
_MATCHED = {"partner": "matches", "partner_text": "which says"}
_TEXT = 4_000  # characters of a text
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


@dataclass
class Site:
    """The pages of a version. `reviews` are the files in which people decide, by the names that pages have for them."""

    version: Path
    reviews: Mapping[str, Path] = field(default_factory=dict)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return manifest_of(self.version)

    @cached_property
    def tables(self) -> dict[str, Table]:
        return tables(self.version)

    def rows(self, asked: Mapping[str, str]) -> str:
        """The page of a table: `table`, `q`, `state`, `page`."""
        name = asked.get("table", next(iter(self.tables)))
        table = self.tables.get(name)
        if table is None:
            return self._render("rows", "no such table", problem=f"there is no table {name!r}", told="", page=_NOTHING)
        number = int(asked["page"]) if asked.get("page", "").isdigit() else 0
        found = page(table, asked.get("q", ""), number, asked.get("state", ""))
        rows = [self._row(row, asked.get("q", "")) for row in found.rows]
        shown = {"rows": rows, "number": found.number, "more": found.more, "total": found.total}
        ledger = name.startswith("ledger of ")
        more = {"q": asked.get("q", ""), "state": asked.get("state", ""), "ledger": ledger}
        return self._render("rows", name, told=table.told, page=shown, **more)

    def _row(self, row: Mapping[str, Any], wanted: str) -> dict[str, Any]:
        """A row as the page shows it: what it is beside its name, and what it says below."""
        head = {key: row.get(key) for key in ("id", "split", "verdict", "value", "threshold", "position")}
        source = self.manifest["origins"].get(row.get("origin") or "", [""])[0]
        hidden = {*head, "origin", "parents", "node", "rule", "split"}
        given = [(k, v) for k, v in row.items() if k not in hidden and v is not None and v != [] and v != ""]
        said = [(k, _short(v, wanted)) for k, v in given]
        # What a row matches stands behind what it says.
        said = [(_MATCHED.get(k, k), v) for k, v in sorted(said, key=lambda item: item[0] in _MATCHED)]
        return {
            **head,
            "source": source,
            "told": told_rule(self.manifest, {"node": None, "rule": None, **row}),
            "shown": said,
        }

    def diff(self, asked: Mapping[str, str]) -> str:
        """The page that compares the version with another one: `against`."""
        from tunec.runtime.versions.diff import compare

        against, store = asked.get("against", ""), store_of(self.version)
        names = [v.name for v in versions_in(store)] if store is not None else []
        told: dict[str, Any] = {"against": against, "others": names, "diff": None, "changes": []}
        problem = ""
        # Only versions of the same store: a page names no other files.
        if against and against in names:
            try:
                told["diff"] = compare(find_version(against, store, Path("build")), self.version)
                told["changes"] = [asdict(step) for step in told["diff"].steps]
            except (NoSuchVersion, VersionDamaged) as error:
                problem = str(error)
        elif against:
            problem = f"{against} is not a version of this store"
        return self._render("diff", "diff", problem=problem, **told)

    def review(self, problem: str = "") -> str:
        """The page of the rows that wait for a decision."""
        try:
            return self._render("review", "review", problem=problem, reviews=self._waiting())
        except BadDecisions as error:
            return self._render("review", "review", problem=str(error), reviews={})

    def decide(self, told: Mapping[str, str]) -> str:
        """Write a decision, and give what was wrong with it; nothing where it was written."""
        path = self.reviews.get(told.get("file", ""))
        if path is None:
            return "there is no such file of decisions"
        try:
            decide(path, told.get("id", ""), told.get("decision", ""), told.get("note", ""))
        except (BadDecisions, OSError) as error:
            return str(error)
        return ""

    def _waiting(self) -> dict[str, list[dict[str, Any]]]:
        found = {}
        for name, path in self.reviews.items():
            lines = [line for _, line in read_lines(path)]
            found[name] = [
                {
                    "id": line["id"],
                    "decision": line.get("decision") or "",
                    "content": [(k, _short(v)) for k, v in line.items() if k not in ("id", "decision") and v],
                }
                for line in lines
            ]
        return found

    def _render(self, view: str, title: str, **values: Any) -> str:
        base = {"q": "", "state": "", "ledger": False, "problem": "", "token": self.token, "shown_lines": _LINES}
        told = {**base, "view": view, "title": title, "names": list(self.tables), "reviews": self.reviews, **values}
        return visible(self._templates.get_template("page.html.j2").render(version=self.manifest["version"], **told))

    @cached_property
    def _templates(self) -> Environment:
        from jinja2 import Environment, FileSystemLoader
        from markupsafe import Markup

        import tunec.runtime.versions as versions

        folders = [Path(__file__).parent, Path(versions.__path__[0])]
        made = Environment(loader=FileSystemLoader(folders), autoescape=True)  # messages lack fields
        made.globals["style"] = Markup((folders[1] / "report/style.css").read_text(encoding="utf-8"))
        made.filters["marked"] = _marked
        made.filters["query"] = lambda values: urlencode({"token": self.token, **values})
        made.filters["number"] = lambda value: f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
        made.filters["percent"] = lambda value: f"{value:.1%}"
        return made


_NOTHING: Mapping[str, Any] = {"rows": [], "number": 0, "more": False, "total": None}


def _short(value: Any, wanted: str = "") -> Any:
    """A text that is not too long, from its beginning or from shortly before what is wanted of it."""
    if not isinstance(value, str) or len(value) <= _TEXT:
        return value
    hit = re.search(re.escape(wanted), value, re.IGNORECASE)
    start = 0 if hit is None or hit.end() <= _TEXT else hit.start() - _TEXT // 4
    head = f"({start:,} characters before) …" if start else ""
    rest = len(value) - start - _TEXT
    return head + value[start : start + _TEXT] + (f"… ({rest:,} more characters)" if rest > 0 else "")


def _marked(value: Any, wanted: str) -> Any:
    """A text as markup, with what is searched marked in it."""
    from markupsafe import Markup, escape

    if not wanted or not isinstance(value, str):
        return value
    parts = re.split(f"({re.escape(wanted)})", value, flags=re.IGNORECASE)
    mark = Markup("<mark>{}</mark>")
    return Markup("").join(mark.format(part) if number % 2 else escape(part) for number, part in enumerate(parts))


def serve(site: Site, port: int = 0) -> ThreadingHTTPServer:
    """A server of a site on this machine's loopback interface, which the caller runs and closes."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = {key: values[-1] for key, values in parse_qs(address.query).items()}
            pages = {"/": site.rows, "/rows": site.rows, "/diff": site.diff}
            if not self._allowed(asked):
                return
            if address.path == "/review":
                self._answer(HTTPStatus.OK, site.review())
            elif address.path in pages:
                self._answer(HTTPStatus.OK, pages[address.path](asked))
            else:
                self._answer(HTTPStatus.NOT_FOUND, "not found")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > _LARGEST:
                self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
                return
            told = {k: v[-1] for k, v in parse_qs(self.rfile.read(length).decode("utf-8", "replace")).items()}
            if not self._allowed(told):
                return
            if urlsplit(self.path).path != "/decide":
                self._answer(HTTPStatus.NOT_FOUND, "not found")
                return
            self._answer(HTTPStatus.OK, site.review(site.decide(told)))

        def _allowed(self, asked: Mapping[str, str]) -> bool:
            host = (self.headers.get("Host") or "").rpartition(":")[0]
            token = hmac.compare_digest(asked.get("token", "").encode(), site.token.encode())
            if host in ("127.0.0.1", "localhost") and token:
                return True
            self._answer(HTTPStatus.FORBIDDEN, "open the address that `tunec show` printed")
            return False

        def _answer(self, status: HTTPStatus, text: str) -> None:
            body = text.encode("utf-8", "replace")
            self.send_response(status)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Addresses hold the token, which no log may."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
