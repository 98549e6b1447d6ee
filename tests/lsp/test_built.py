"""What the editor shows of the last build: counts and rows from the store."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from tests.building import build
from tests.lsp.conftest import Record
from tests.lsp.dialogue import Editor

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
