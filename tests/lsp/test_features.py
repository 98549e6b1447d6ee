"""One recorded dialogue for each feature of the language server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.conftest import Record
from tests.lsp.dialogue import Editor, applied, dialogue
from tunec.lsp.server import Server

SPEC = """\
import "common.tune"

param most: int = 40

dataset clean: instruction from tasks {
    normalize(unicode: nfc, whitespace: collapse)
    let size = words(response)
    filter { keep size <= most } as kept
    dedup { exact(prompt) }
    split { train: 90%, validation: 10% }
}

dataset again from clean.kept {
    filter { keep size > 2 }
    shuffle()
}
"""


def test_diagnostics(record: Record) -> None:
    async def script(editor: Editor) -> None:
        editor.open("a.tune", SPEC.replace("most }", "mots }"))
        found = await editor.errors("a.tune")
        assert [error.code for error in found] == ["T101"]
        place = editor.find("a.tune", "mots")
        assert found[0].range == types.Range(place, types.Position(place.line, place.character + 4))
        editor.edit("a.tune", place, types.Position(place.line, place.character + 4), "most")
        assert not await editor.errors("a.tune")

    record(script)


def test_diagnostics_of_an_import(record: Record, work: Path) -> None:
    async def script(editor: Editor) -> None:
        editor.open("a.tune", SPEC)
        assert not await editor.errors("a.tune")
        # The text of the import as the editor holds it counts, not what is on the disk.
        editor.open("common.tune", 'source tasks = jsonl("data/tasks.jsonl", format: alpacca)\n')
        editor.edit("a.tune", types.Position(2, 0), types.Position(2, 0), "# here\n")
        found = await editor.errors("a.tune")
        assert found[0].range.start.line == 0
        assert found[0].related_information
        assert found[0].related_information[0].location.uri == editor.uri("common.tune")

    record(script)


def test_what_is_wrong_in_an_import_is_shown_at_that_import(work: Path) -> None:
    (work / "below").mkdir()
    (work / "below" / "broken.tune").write_text("source own = jsonl()\n", encoding="utf-8")
    text = 'import "common.tune"\nimport "below/../below/broken.tune" as other\n'

    async def script(editor: Editor) -> None:
        editor.open("a.tune", text + "dataset d from tasks { shuffle() }\n")
        found = await editor.errors("a.tune")
        assert found and all("broken.tune:1:" in error.message for error in found)
        assert {error.range.start.line for error in found} == {1}

    dialogue(work, script)


def test_code_actions(record: Record) -> None:
    async def script(editor: Editor) -> None:
        editor.open("a.tune", 'source s = rows([{text: "a"}])\ndataset d from s { shufle() }\n')
        await editor.errors("a.tune")
        place = editor.find("a.tune", "shufle")
        context = types.CodeActionContext([], only=[types.CodeActionKind.QuickFix])
        params = types.CodeActionParams(editor.document("a.tune"), types.Range(place, place), context)
        found = await editor.ask("text_document_code_action", params)
        edits = found[0].edit.changes[editor.uri("a.tune")]
        assert "{ shuffle() }" in applied(editor.texts["a.tune"], edits)
        assert not found[0].is_preferred  # it is a guess

    record(script)


def test_a_text_is_judged_once_for_all_who_ask(tmp_path: Path) -> None:
    async def script() -> None:
        server = Server()
        document = server.documents.put((tmp_path / "a.tune").as_uri(), "source s = rows([])\n", 1)
        server.judge_soon(document.path, 0.05)
        one, other = await asyncio.gather(server.judgement(document), server.judgement(document))
        await server.waiting[document.path]
        assert one is other is server.judged[document.path]
        server.judge_soon(document.path, 0)  # what it rests on may have changed
        assert await server.judgement(document) is not one

    asyncio.run(script())


def test_fix_all(record: Record) -> None:
    async def script(editor: Editor) -> None:
        editor.open("a.tune", "source s = rows([{text: “a”}])\ndataset d from s { shuffle () }\n")
        context = types.CodeActionContext([], only=[types.CodeActionKind.SourceFixAll])
        whole = types.Range(types.Position(0, 0), types.Position(2, 0))
        params = types.CodeActionParams(editor.document("a.tune"), whole, context)
        found = await editor.ask("text_document_code_action", params)
        edits = found[0].edit.changes[editor.uri("a.tune")]
        mended = applied(editor.texts["a.tune"], edits)
        assert '{text: "a"}' in mended and "shuffle()" in mended

    record(script)


def test_formatting(record: Record) -> None:
    async def script(editor: Editor) -> None:
        editor.open("a.tune", 'source   s = rows([{text:"a"}])\n\n\n\ndataset d from s {shuffle()\nlimit( 3 )}  # 完\n')
        options = types.FormattingOptions(4, True)
        found = await editor.ask(
            "text_document_formatting", types.DocumentFormattingParams(editor.document("a.tune"), options)
        )
        text = applied(editor.texts["a.tune"], found)
        assert text == ('source s = rows([{text: "a"}])\n\ndataset d from s {\n    shuffle()\n    limit(3)\n}  # 完\n')
        editor.open("b.tune", text)
        params = types.DocumentFormattingParams(editor.document("b.tune"), options)
        assert not await editor.ask("text_document_formatting", params)

    record(script)


def test_hover(record: Record) -> None:
    async def script(editor: Editor) -> None:
        editor.open("a.tune", SPEC)

        async def hover(text: str, plus: int = 1) -> str:
            place = editor.find("a.tune", text)
            place = types.Position(place.line, place.character + plus)
            found = await editor.at("text_document_hover", types.HoverParams, "a.tune", place)
            return found.contents.value if found else ""

        assert "Hand-written tasks." in await hover("tasks {")
        assert "**instruction** rows" in await hover("clean:")
        assert "splits: train, validation" in await hover("clean:")
        assert "let size: int" in await hover("size <=")
        assert "response: text" in await hover("response)")
        assert "param most: int = 40" in await hover("most }")
        assert "the rows after a stage" in await hover("as kept", 0)
        assert "unicode: nfc|" in await hover(", whitespace", 0)  # the end of a word of a list
        assert await hover("}\n\ndataset", 0) == ""

    record(script)


def test_hover_shows_constants_as_the_spec_writes_them(work: Path) -> None:
    spec = 'const sizes = [3, 5]\nconst some = 3..150\nconst none_ = none\nsource s = rows([{text: "a"}])\n'
    shown = {"sizes": "= [3, 5]", "some": "= 3..150", "none_": "= none"}

    async def script(editor: Editor) -> None:
        editor.open("a.tune", spec)
        for name, text in shown.items():
            found = await editor.at("text_document_hover", types.HoverParams, "a.tune", editor.find("a.tune", name))
            assert found is not None and text in found.contents.value

    dialogue(work, script)


def test_hover_of_an_operator(work: Path) -> None:
    async def script(editor: Editor) -> None:
        position = editor.open("a.tune", SPEC.replace("dedup {", "ded‸up {"))
        stage = await editor.at("text_document_hover", types.HoverParams, "a.tune", position)
        assert "dedup(" in stage.contents.value  # the signature
        assert "\n\n**Args**\n\n- `" in stage.contents.value and "**Example**\n\n```tune\n" in stage.contents.value
        assert "**instruction** rows with `size`: int" in stage.contents.value
        place = editor.find("a.tune", "unicode:")
        argument = await editor.at("text_document_hover", types.HoverParams, "a.tune", place)
        assert "unicode: nfc|" in argument.contents.value and "normal form" in argument.contents.value
        place = types.Position(place.line, place.character + len("unicode: n"))
        word = await editor.at("text_document_hover", types.HoverParams, "a.tune", place)
        assert word.contents.value == argument.contents.value  # of a word the list that it is of

    dialogue(work, script)


def test_definition(record: Record) -> None:
    async def script(editor: Editor) -> None:
        editor.open("a.tune", SPEC)

        async def definition(text: str, plus: int = 1) -> types.Location:
            place = editor.find("a.tune", text)
            place = types.Position(place.line, place.character + plus)
            found: types.Location = await editor.at("text_document_definition", types.DefinitionParams, "a.tune", place)
            return found

        across = await definition("tasks {")
        assert (across.uri, across.range.start) == (editor.uri("common.tune"), types.Position(1, 7))
        assert (await definition("clean.kept")).range.start == editor.find("a.tune", "clean:")
        assert (await definition("clean.kept", 7)).range.start == editor.find("a.tune", "kept\n")
        # A name that `let` gave is known in what reads the rows.
        assert (await definition("size > 2")).range.start == editor.find("a.tune", "size =")
        assert (await definition('"common.tune"')).uri == editor.uri("common.tune")

    record(script)


def test_references(record: Record) -> None:
    async def script(editor: Editor) -> None:
        editor.open("a.tune", SPEC)
        context = types.ReferenceContext(include_declaration=True)
        place = editor.find("a.tune", "tasks {")
        found = await editor.ask(
            "text_document_references", types.ReferenceParams(context, editor.document("a.tune"), place)
        )
        assert [Path(location.uri).name for location in found] == ["a.tune", "common.tune"]
        place = editor.find("a.tune", "size =")
        without = types.ReferenceContext(include_declaration=False)
        found = await editor.ask(
            "text_document_references", types.ReferenceParams(without, editor.document("a.tune"), place)
        )
        assert len(found) == 2

    record(script)


def test_rename_across_files(record: Record, work: Path) -> None:
    async def script(editor: Editor) -> None:
        # The file that declares the name does not know who imports it; the other is not even open.
        (work / "a.tune").write_text(SPEC, encoding="utf-8")
        (work / "b.tune").write_text('import "common.tune" as c\ndataset d from c.tasks { shuffle() }\n')
        text = (work / "common.tune").read_text(encoding="utf-8")
        position = editor.open("common.tune", text.replace("source tasks", "source ta‸sks"))
        prepared = await editor.at("text_document_prepare_rename", types.PrepareRenameParams, "common.tune", position)
        assert prepared.placeholder == "tasks"
        params = types.RenameParams(editor.document("common.tune"), position, "questions")
        changes = (await editor.ask("text_document_rename", params)).changes
        assert "dataset clean: instruction from questions {" in applied(SPEC, changes[editor.uri("a.tune")])
        other = (work / "b.tune").read_text(encoding="utf-8")
        assert "from c.questions {" in applied(other, changes[editor.uri("b.tune")])
        assert "source questions =" in applied(text, changes[editor.uri("common.tune")])

    record(script)


def test_rename_refused(work: Path) -> None:
    async def script(editor: Editor) -> None:
        position = editor.open("a.tune", SPEC.replace("dataset clean", "dataset cl‸ean"))
        for wrong in ("again", "source", "1st", "prompt", "origin", "id", "a b"):
            with pytest.raises(JsonRpcException, match=f"`{wrong}`"):
                params = types.RenameParams(editor.document("a.tune"), position, wrong)
                await editor.ask("text_document_rename", params)

    dialogue(work, script)


def test_rename_of_a_part_where_it_is_only_used(work: Path) -> None:
    use = 'model base = bundled("smollm2-135m-instruct")\nevaluate s of base { perplexity(on: clean.tra‸in) }\n'

    async def script(editor: Editor) -> None:
        position = editor.open("a.tune", SPEC + use)
        for taken in ("validation", "kept", "size"):
            with pytest.raises(JsonRpcException, match=f"`clean` already has a `{taken}`"):
                await editor.ask("text_document_rename", types.RenameParams(editor.document("a.tune"), position, taken))
        params = types.RenameParams(editor.document("a.tune"), position, "held")
        changes = (await editor.ask("text_document_rename", params)).changes
        text = applied(editor.texts["a.tune"], changes[editor.uri("a.tune")])
        assert "split { held: 90%, validation: 10% }" in text and "perplexity(on: clean.held)" in text

    dialogue(work, script)


def test_symbols(record: Record) -> None:
    async def script(editor: Editor) -> None:
        editor.open("a.tune", SPEC)
        params = types.DocumentSymbolParams(editor.document("a.tune"))
        found = await editor.ask("text_document_document_symbol", params)
        assert [symbol.name for symbol in found] == ["common.tune", "most", "clean", "again"]
        inside = [(child.name, child.detail) for child in found[2].children]
        assert inside == [("normalize", ""), ("size", "let"), ("filter", "as kept"), ("dedup", ""), ("split", "")]

    record(script)


def test_semantic_tokens(record: Record) -> None:
    async def script(editor: Editor) -> None:
        # `chat` is a word of an argument in one place, and a declaration in the other.
        text = (
            '## 说明 🙂\nsource chat = rows([{text: "🙂🙂"}])\n'
            "dataset d from chat { normalize(unicode: nfc) }  # chat\n"
        )
        editor.open("a.tune", text)
        params = types.SemanticTokensParams(editor.document("a.tune"))
        found = await editor.ask("text_document_semantic_tokens_full", params)
        read = decoded(text, list(found.data))
        assert ("keyword", "dataset") in read and ("keyword", "from") in read
        assert read.count(("variable", "chat")) == 2
        assert ("string", '"🙂🙂"') in read and ("comment", "## 说明 🙂") in read
        assert ("function", "normalize") in read and ("enumMember", "nfc") in read

    record(script)


def decoded(text: str, data: list[int]) -> list[tuple[str, str]]:
    """The tokens with their texts."""
    from tunec.lsp.tokens import TYPES

    lines = [line.encode("utf-16-le") for line in text.split("\n")]
    found, line, column = [], 0, 0
    for a, b, length, kind, _ in zip(*[iter(data)] * 5, strict=True):
        line, column = line + a, b if a else column + b
        found.append((TYPES[kind], lines[line][2 * column : 2 * (column + length)].decode("utf-16-le")))
    return found
