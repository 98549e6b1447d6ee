"""What helps to find one's way: signatures, symbols of all specs, highlights, folds, selections, links, aliases."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.dialogue import Editor, applied, dialogue
from tests.lsp.test_features import SPEC
from tunec.dsl.tables import WORDS
from tunec.lsp.keywords import MEANINGS


@pytest.mark.parametrize(
    ("marked", "name", "argument"),
    [
        ("dataset d from tasks { normalize(‸) }", "normalize", None),
        ("dataset d from tasks { normalize(unicode: ‸) }", "normalize", "unicode"),
        ("dataset d from tasks { limit(‸) }", "limit", "count"),
        ("dataset d from tasks { dedup { near(text, jaccard: ‸) } }", "near", "jaccard"),
        ("dataset d from tasks { filter { keep words(‸", "words", "text"),
        ('source s = jsonl("a.jsonl", format: ‸)', "jsonl", "format"),
        ("dataset d from tasks { shuffle() ‸ }", "", None),
    ],
)
def test_signature_help(work: Path, marked: str, name: str, argument: str | None) -> None:
    async def script(editor: Editor) -> None:
        position = editor.open("a.tune", 'import "common.tune"\n' + marked)
        found = await editor.at("text_document_signature_help", types.SignatureHelpParams, "a.tune", position)
        if not name:
            assert found is None
            return
        shown = found.signatures[0]
        assert shown.label.startswith(f"{name}(") and shown.documentation.value
        assert all(parameter.label in shown.label for parameter in shown.parameters)
        if argument is not None:
            assert shown.parameters[found.active_parameter].label.startswith(f"{argument}: ")
            assert shown.parameters[found.active_parameter].documentation
        else:
            assert found.active_parameter is None

    dialogue(work, script)


def test_symbols_of_all_specs(work: Path) -> None:
    (work / "below").mkdir()
    (work / "below" / "other.tune").write_text("const cleaning = 1\n", encoding="utf-8")

    async def script(editor: Editor) -> None:
        editor.open("a.tune", SPEC)
        found = await editor.ask("workspace_symbol", types.WorkspaceSymbolParams("cln"))
        assert [(s.name, s.container_name) for s in found] == [("clean", "a.tune"), ("cleaning", "other.tune")]
        everything = await editor.ask("workspace_symbol", types.WorkspaceSymbolParams(""))
        assert {s.name for s in everything} == {"most", "clean", "again", "tasks", "cleaning"}

    dialogue(work, script)


def test_highlights(work: Path) -> None:
    async def script(editor: Editor) -> None:
        editor.open("a.tune", SPEC)

        async def at(text: str) -> list[tuple[int, types.DocumentHighlightKind]]:
            place = editor.find("a.tune", text)
            found = await editor.at("text_document_document_highlight", types.DocumentHighlightParams, "a.tune", place)
            return [(h.range.start.line, h.kind) for h in found]

        kinds = types.DocumentHighlightKind
        assert await at("size <=") == [(6, kinds.Write), (7, kinds.Read), (13, kinds.Read)]
        assert await at("clean:") == [(4, kinds.Write), (12, kinds.Read)]
        assert await at("filter {") == [(7, kinds.Text), (13, kinds.Text)]
        assert await at("nfc") == [(5, kinds.Text)]

    dialogue(work, script)


def test_folding(work: Path) -> None:
    text = (
        'import "common.tune"\nimport "other.tune" as b\n\n# one\n# two\ndataset d from tasks {\n    filter {\n'
        '        keep true\n    }\n    prompt(base, """\n    a\n    """)\n}\nconst a = [\n    1,\n    2,\n]\n'
    )

    async def script(editor: Editor) -> None:
        editor.open("a.tune", text)
        asked = types.FoldingRangeParams(editor.document("a.tune"))
        found = await editor.ask("text_document_folding_range", asked)
        kinds = types.FoldingRangeKind
        assert [(f.start_line, f.end_line, f.kind) for f in found] == [
            (0, 1, kinds.Imports), (3, 4, kinds.Comment), (5, 11, None), (6, 7, None), (9, 10, None), (9, 11, None),
            (13, 15, None),
        ]  # fmt: skip

    dialogue(work, script)


def test_selection_grows(work: Path) -> None:
    async def script(editor: Editor) -> None:
        position = editor.open("a.tune", "dataset d from a {\n    filter { keep words(pro‸mpt) > 3 and true }\n}\n")
        asked = types.SelectionRangeParams(editor.document("a.tune"), [position])
        chain = (await editor.ask("text_document_selection_range", asked))[0]
        text = editor.texts["a.tune"].split("\n")
        seen = []
        while chain is not None:
            start, end = chain.range.start, chain.range.end
            seen.append(text[start.line][start.character : end.character] if start.line == end.line else "…")
            if chain.parent is not None:
                assert (chain.parent.range.start.line, chain.parent.range.start.character) <= (
                    start.line,
                    start.character,
                )
            chain = chain.parent
        assert seen == [
            "prompt", "words(prompt)", "words(prompt) > 3", "words(prompt) > 3 and true",
            "keep words(prompt) > 3 and true", "{ keep words(prompt) > 3 and true }",
            "filter { keep words(prompt) > 3 and true }", "…", "…", "…",
        ]  # fmt: skip

    dialogue(work, script)


def test_links_lead_to_files_and_pages(work: Path) -> None:
    text = (
        'import "common.tune"\n# tunec: allow T313, T999 because "small"\n'
        'source a = jsonl("data/tasks.jsonl", format: alpaca)\nsource b = jsonl("gone.jsonl", format: alpaca)\n'
        "const c = d\n"
    )

    async def script(editor: Editor) -> None:
        editor.open("a.tune", text)
        found = await editor.ask("text_document_document_link", types.DocumentLinkParams(editor.document("a.tune")))
        assert [link.target for link in found[:2]] == [editor.uri("common.tune"), editor.uri("data/tasks.jsonl")]
        assert [(link.range.start.line, link.range.start.character) for link in found] == [(0, 7), (2, 17), (1, 15)]
        page = Path(types_path(found[2].target)).read_text(encoding="utf-8")
        assert page.startswith("# T313 few-training-rows") and "Instead:" in page
        error = next(d for d in await editor.errors("a.tune"))
        assert error.code_description.href.endswith(f"{error.code}.md")

    dialogue(work, script)


def types_path(uri: str) -> str:
    from pygls.uris import to_fs_path

    path = to_fs_path(uri)
    assert path is not None
    return path


def test_hover_on_keywords_rules_and_models(work: Path) -> None:
    text = (
        'model base = openai("gpt", temperature: 0.5)\nrule short = words(response) < 50 and true\n'
        'import "common.tune"\ndataset d from tasks {\n    filter { keep short() }\n    check count(short()) >= 1\n'
        "    check share(between(turns, 1, 2)) <= 30%\n    limit(size)\n}\nvary size in [7, 8]\n"
    )

    async def script(editor: Editor) -> None:
        editor.open("a.tune", text)

        async def at(word: str, after: int = 0) -> str:
            place = editor.find("a.tune", word, after)
            found = await editor.at("text_document_hover", types.HoverParams, "a.tune", place)
            return str(found.contents.value)

        assert 'model base = openai("gpt", temperature: 0.5)' in await at("base")
        assert "rule short = words(response) < 50 and true" in await at("short()")
        assert "vary size in [7, 8]" in await at("size)")
        for word in ("keep", "dataset", "from", "and", "check", "true", "rule"):
            assert MEANINGS[word][0] in await at(word)
        assert "share of the rows" in await at("share")
        assert "both included" in await at("between")

    dialogue(work, script, process=True)


def test_every_keyword_has_a_meaning() -> None:
    assert set(MEANINGS) == set(WORDS)


ALIASED = """\
import "common.tune" as common
import "other.tune" as other

dataset d from [common.tasks, other.more] { shuffle() }
dataset e from common.tasks { filter { keep other.short() } }
"""


def test_aliases(work: Path) -> None:
    other = 'source more = jsonl("data/tasks.jsonl", format: alpaca)\nrule short = words(response) < 50\n'
    (work / "other.tune").write_text(other, encoding="utf-8")

    async def script(editor: Editor) -> None:
        editor.open("a.tune", ALIASED)
        assert not await editor.errors("a.tune")
        place = editor.find("a.tune", "other.short")
        found = await editor.at("text_document_definition", types.DefinitionParams, "a.tune", place)
        assert (found.uri, found.range.start) == (editor.uri("a.tune"), types.Position(1, 23))
        hovered = await editor.at("text_document_hover", types.HoverParams, "a.tune", place)
        assert "other.tune" in hovered.contents.value
        edit = await editor.at("text_document_rename", types.RenameParams, "a.tune", place, new_name="shared")
        changed = applied(editor.texts["a.tune"], edit.changes[editor.uri("a.tune")])
        assert changed == ALIASED.replace("as other", "as shared").replace("other.more", "shared.more").replace(
            "other.short", "shared.short"
        )
        assert set(edit.changes) == {editor.uri("a.tune")}
        for taken in ("common", "meta", "d"):
            with pytest.raises(JsonRpcException):
                await editor.at("text_document_rename", types.RenameParams, "a.tune", place, new_name=taken)

    dialogue(work, script)


def test_errors_of_an_import_go_when_it_is_closed_unsaved(work: Path) -> None:
    async def script(editor: Editor) -> None:
        editor.open("common.tune", "source tasks = jsonl()\n")
        editor.open("a.tune", SPEC)
        assert await editor.errors("a.tune")
        editor.published.pop(editor.uri("a.tune"))
        editor.client.text_document_did_close(types.DidCloseTextDocumentParams(editor.document("common.tune")))
        assert not await editor.errors("a.tune")

    dialogue(work, script)
