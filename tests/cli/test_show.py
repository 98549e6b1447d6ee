"""`tunec show`: pages over HTTP, search, a diff, decisions; and that nobody without the address gets anything."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.building import build
from tunec.runtime.sources.review import BadDecisions, decide, read_decisions
from tunec.runtime.versions import tables
from tunec.runtime.versions.tables import Table, page
from tunec.show.server import Site, _marked, _short, serve

SPEC = """spec t(version: "1.0.0-dev", license: "MIT")
source chats = jsonl("chats.jsonl", format: messages, license: "MIT")
dataset out from chats {
    filter { keep words(response) in 1..3 as brief }
    review("review.jsonl")
    split { train: 50%, test: 50% }
}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, int, Path]]:
    folder = tmp_path_factory.mktemp("show")
    said = [("Say <b>hello</b>.", "Hello"), ("Say something long.", "one two three four"), ("说你好。", "你好")]
    said += [(f"Say number {n}.", f"{n}") for n in range(40)]
    chats = [{"messages": [{"role": "user", "content": u}, {"role": "assistant", "content": a}]} for u, a in said]
    (folder / "chats.jsonl").write_text("".join(json.dumps(c) + "\n" for c in chats), encoding="utf-8")
    built = build(folder, SPEC).built
    assert built is not None and built.published is not None
    made = Site(built.published.out, {"review.jsonl": folder / "review.jsonl"})
    with serve(made) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made, server.server_port, folder
        server.shutdown()
        thread.join()


def ask(port: int, path: str, post: dict[str, str] | None = None, host: str = "", **asked: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": host or f"127.0.0.1:{port}"}
    if post is None:
        connection.request("GET", f"{path}?{urlencode(asked)}", headers=headers)
    else:
        connection.request("POST", path, urlencode(post), {**headers, "Content-Type": "text/plain"})
    answer = connection.getresponse()
    assert answer.getheader("Content-Security-Policy", "").startswith("default-src 'none'")
    return answer.status, answer.read().decode("utf-8")


def test_pages_search_and_escape(site: tuple[Site, int, Path]) -> None:
    made, port, _ = site
    token = made.token
    status, page = ask(port, "/", token=token)
    assert status == 200 and "data set, 42 rows" in page and "page 1" in page and "Next" in page
    assert "&lt;b&gt;hello" in ask(port, "/rows", token=token, table="out", q="SAY <B>HELLO")[1]
    assert "<b>hello" not in page and "script" not in page
    assert "你好" in ask(port, "/rows", token=token, table="out", q="说你好")[1]
    ledger = ask(port, "/rows", token=token, table="ledger of out", state="dropped")[1]
    assert "measured 4" in ledger and "keep words(response) in 1..3" in ledger and "Say number" not in ledger
    step = ask(port, "/rows", token=token, table="step chats", q="SOMETHING long")[1]
    assert "Say <mark>something long</mark>." in step
    assert "Say number" in ask(port, "/rows", token=token, table="out", page="1")[1]
    assert "there is no table" in ask(port, "/rows", token=token, table="../x")[1]
    assert "is not a version of this store" in ask(port, "/diff", token=token, against="/etc")[1]
    assert "Nothing differs" in ask(port, "/diff", token=token, against=made.manifest["version"])[1]


@pytest.mark.parametrize("query", ["say number 1", "SAY <B>HELLO", "说你好", "one two", ".*", "(a|b)", "nowhere"])
def test_a_table_in_memory_is_searched_as_its_files_are(
    site: tuple[Site, int, Path], query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for table in site[0].tables.values():
        for state in ("", "kept", "dropped"):
            held = page(table, query, 0, state)
            monkeypatch.setattr(tables, "HELD", 0)
            assert page(table, query, 0, state) == held
            monkeypatch.undo()
    assert not any(name.startswith("searched") for row in page(table, "say").rows for name in row)


def test_of_a_long_text_the_part_is_shown_that_is_wanted() -> None:
    text = f"{'a' * 9_000} The Needle {'b' * 9_000}"
    assert _short(text).startswith("aaa") and _short(text).endswith("… (14,012 more characters)")
    shown = _short(text, "needle")
    assert " The Needle b" in shown and shown.startswith("(8,005 characters before) …aaa")
    assert _marked("<b>I</b> i", "I") == "&lt;b&gt;<mark>I</mark>&lt;/b&gt; <mark>i</mark>"


def test_a_table_is_read_once_for_many_searches(site: tuple[Site, int, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    table = site[0].tables["out"]
    page(table, "anything")
    read: list[Table] = []
    scan = tables._scan
    monkeypatch.setattr(tables, "_scan", lambda given: read.append(given) or scan(given))
    assert page(table, "hello").rows and page(table, "number").more and not read
    assert page(table).total == 42 and read == [table]


def test_nobody_else_gets_anything(site: tuple[Site, int, Path]) -> None:
    made, port, folder = site
    for host, token in (("", ""), ("", "wrong"), ("evil.example:80", made.token)):
        assert ask(port, "/rows", host=host, token=token)[0] == 403
    before = (folder / "review.jsonl").read_bytes()
    told = {"token": "wrong", "file": "review.jsonl", "id": "x", "decision": "drop"}
    assert ask(port, "/decide", told)[0] == 403
    assert ask(port, "/elsewhere", token=made.token)[0] == 404
    assert (folder / "review.jsonl").read_bytes() == before


def test_a_decision_goes_into_its_line_and_the_next_build_applies_it(site: tuple[Site, int, Path]) -> None:
    made, port, folder = site
    lines = (folder / "review.jsonl").read_bytes().split(b"\n")
    first = json.loads(lines[0])
    told = {"token": made.token, "file": "review.jsonl", "id": first["id"], "decision": "drop", "note": "dull"}
    page = ask(port, "/decide", told)[1]
    assert "41 of 42 rows wait" in page
    after = (folder / "review.jsonl").read_bytes().split(b"\n")
    assert after[1:] == lines[1:] and json.loads(after[0]) == {**first, "decision": "drop", "note": "dull"}
    assert read_decisions(folder / "review.jsonl")[0][first["id"]].verdict == "drop"
    for wrong in ({"id": "none"}, {"decision": "maybe"}, {"file": "../t.tune"}):
        assert "is not" in (said := ask(port, "/decide", {**told, **wrong})[1]) or "there is no" in said
    again = build(folder, SPEC).built
    assert again is not None and again.published is not None
    assert again.published.version != made.manifest["version"]
    with pytest.raises(BadDecisions):
        decide(folder / "review.jsonl", first["id"], "edit")


def test_a_file_of_decisions_that_cannot_be_read_is_told(site: tuple[Site, int, Path]) -> None:
    made, port, folder = site
    whole = (folder / "review.jsonl").read_bytes()
    for broken, told in ((b"\xff\n", "review.jsonl:1: not valid UTF-8"), (b"5\n", "review.jsonl:1: has no `id`")):
        (folder / "review.jsonl").write_bytes(broken)
        status, page = ask(port, "/review", token=made.token)
        assert status == 200 and told in page
    (folder / "review.jsonl").write_bytes(whole)
