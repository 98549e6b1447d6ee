"""What the editor shows of the last build: counts and rows from the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lsprotocol import types

from tests.building import build
from tests.lsp.conftest import Record
from tests.lsp.dialogue import Editor
from tunec.lsp.built import accounts_of
from tunec.lsp.documents import Documents
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.store.files import write_atomically
from tunec.runtime.store.store import Store

SPEC = """\
source tasks = jsonl("data/tasks.jsonl", format: alpaca)

dataset clean from tasks {
    filter { keep words(instruction) >= 2 }
    dedup { exact(instruction) }
    limit(50)
    split { train: 90%, validation: 10% }
}
"""


def test_inlay_hints(record: Record, work: Path) -> None:
    built = build(work, SPEC)
    assert built.built is not None

    async def script(editor: Editor) -> None:
        editor.open("t.tune", SPEC)
        whole = types.Range(types.Position(0, 0), types.Position(9, 0))
        params = types.InlayHintParams(editor.document("t.tune"), whole)
        found = await editor.ask("text_document_inlay_hint", params)
        shown = {hint.position.line: hint.label for hint in found}
        assert shown[0] == "→ 60 rows"
        assert shown[5] == "→ 50 rows (−10)"
        # A stage above it moves the hints, and has none itself.
        editor.edit("t.tune", types.Position(3, 0), types.Position(3, 0), "    shuffle()\n")
        found = await editor.ask("text_document_inlay_hint", params)
        shown = {hint.position.line: hint.label for hint in found}
        assert shown[6] == "→ 50 rows (−10)" and 3 not in shown

    record(script)


def test_hover_of_what_was_built(record: Record, work: Path) -> None:
    build(work, SPEC)

    async def script(editor: Editor) -> None:
        editor.open("t.tune", SPEC)
        place = editor.find("t.tune", "tasks")
        found = await editor.at("text_document_hover", types.HoverParams, "t.tune", place)
        assert "last build: 60 made, 60 out" in found.contents.value
        assert '"instruction": "Say 0."' in found.contents.value
        place = editor.find("t.tune", "limit(")
        found = await editor.at("text_document_hover", types.HoverParams, "t.tune", place)
        assert "60 in, 50 out, 10 dropped" in found.contents.value

    record(script)


def test_nothing_is_shown_of_what_was_never_built(work: Path) -> None:
    from tests.lsp.dialogue import dialogue

    async def script(editor: Editor) -> None:
        editor.open("t.tune", SPEC)
        whole = types.Range(types.Position(0, 0), types.Position(9, 0))
        params = types.InlayHintParams(editor.document("t.tune"), whole)
        assert not await editor.ask("text_document_inlay_hint", params)
        assert not (work / ".tunec").exists()  # the editor only looks

    dialogue(work, script)


def test_a_look_while_a_build_publishes_keeps_nothing_old(work: Path) -> None:
    documents = Documents(load_catalogue())
    document = documents.put((work / "t.tune").as_uri(), SPEC, 1)
    analysis = documents.analysis(document.path)

    def counts() -> list[int]:
        return [account.rows_out for account in accounts_of(analysis).values()]

    def looking(folder: Path, target: Path) -> None:
        counts()
        published(folder, target)

    build(work, SPEC)
    assert 60 in counts()
    (run,) = (work / ".tunec" / "versions" / "t").glob("*/run.json")
    write_atomically(run, json.dumps({**json.loads(run.read_bytes()), "finished": "2020-01-01T00:00:00+00:00"}))
    with (work / "data" / "tasks.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"instruction": "Say more.", "output": "More."}\n')
    store = Store(work / ".tunec")
    published = store.publish
    store.publish = looking  # type: ignore[method-assign]
    build(work, SPEC, store=store)
    assert 61 in counts() and 60 not in counts()


def test_a_shared_store_in_the_environment_is_not_looked_into(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEC_STORE", (work / "team").as_uri())
    build(work, SPEC)
    documents = Documents(load_catalogue())
    document = documents.put((work / "t.tune").as_uri(), SPEC, 1)
    assert accounts_of(documents.analysis(document.path))
