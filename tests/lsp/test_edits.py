"""Edits: the server's text stays the editor's, whatever characters stand in it."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import PositionCodec

from tests.lsp.conftest import Record
from tests.lsp.dialogue import Editor, applied, dialogue, position_of
from tunec.dsl.format import format_text
from tunec.dsl.source import Source, Span
from tunec.lsp import actions, completion, formatting, tokens
from tunec.lsp.definition import definition
from tunec.lsp.diagnostics import check
from tunec.lsp.documents import Documents
from tunec.lsp.folding import folding
from tunec.lsp.hints import hints
from tunec.lsp.hover import hover
from tunec.lsp.links import links
from tunec.lsp.positions import Lines
from tunec.lsp.references import highlights, references
from tunec.lsp.rename import CannotRename, prepare, rename
from tunec.lsp.selection import selection
from tunec.lsp.signature import signature
from tunec.lsp.symbols import symbols
from tunec.runtime.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]
LETTERS = st.text(st.sampled_from('a"工🙂é \n\u2028\t{'), max_size=30)


def test_incremental_edits(record: Record) -> None:
    async def script(editor: Editor) -> None:
        editor.open("a.tune", 'const a = "工🙂b"\nsource s = rows([{text: "🙂"}])\n')
        place = editor.find("a.tune", 'b"')
        editor.edit("a.tune", place, types.Position(place.line, place.character + 1), "語🙂")
        place = editor.find("a.tune", '"}])')
        editor.edit("a.tune", place, place, '\u2028", extra: "x')
        end = types.Position(2, 0)
        editor.edit("a.tune", end, end, "dataset d from s { shuffle() limit(a) }\n")
        found = await editor.errors("a.tune")
        assert [error.code for error in found] == ["T201"]
        assert found[0].range.start == editor.find("a.tune", "a) }")
        params = types.DocumentFormattingParams(editor.document("a.tune"), types.FormattingOptions(4, True))
        edits = await editor.ask("text_document_formatting", params)
        text = editor.texts["a.tune"]
        assert applied(text, edits) == format_text(Source("a", text))

    record(script)


@given(LETTERS, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), LETTERS), max_size=5))
@settings(deadline=None)
def test_edits_mean_what_the_protocol_says(text: str, edits: list[tuple[int, int, str]]) -> None:
    documents = Documents(load_catalogue())
    uri = (Path.cwd() / "a.tune").as_uri()
    documents.put(uri, text, 1)
    for one, other, new in edits:
        a, b = sorted((min(one, len(text)), min(other, len(text))))
        where = types.Range(position_of(text, a), position_of(text, b))
        documents.change(uri, [types.TextDocumentContentChangePartial(where, new)], 2)
        text = text[:a] + new + text[b:]
        document = documents.get(uri)
        assert document is not None and document.text == text


@given(st.text(st.sampled_from("a工🙂é \r\n\u2028\x0c"), max_size=40), st.integers(0, 40))
def test_an_offset_survives_the_protocol(text: str, offset: int) -> None:
    lines = Lines(text, PositionCodec())
    at = min(offset, len(text))
    if text[at - 1 : at + 1] != "\r\n":  # no position stands between the two
        assert lines.offset(lines.position(at)) == at
    assert lines.range(Span("a", 0, at)).start == types.Position(0, 0)


@pytest.mark.parametrize("seed", range(4))
def test_no_text_breaks_a_feature(seed: int, tmp_path: Path) -> None:
    """Whatever is half typed, every feature answers at every place."""
    text = (ROOT / "specs" / "chat.tune").read_text(encoding="utf-8")
    drawn = random.Random(seed)
    documents = Documents(load_catalogue())
    path = tmp_path / "a.tune"
    for _ in range(40):
        a = drawn.randrange(len(text))
        torn = (
            text[:a]
            + drawn.choice(["", "{", ")", '"', " as ", "🙂", "keep ", "from [", "."])
            + text[a + drawn.choice([0, 1, 9, 400]) :]
        )
        torn = torn if drawn.random() < 0.7 else text[:a]
        document = documents.put(path.as_uri(), torn, 1)
        analysis = documents.analysis(document.path)
        compiled = check(document.path, torn, documents.catalogue, documents.buffer)
        whole = document.lines.whole
        tokens.tokens(analysis, document)
        symbols(analysis, document)
        hints(analysis, document, whole)
        formatting.edits(document, analysis)
        folding(document)
        links(analysis, document, documents)
        asked = types.CodeActionParams(types.TextDocumentIdentifier(document.uri), whole, types.CodeActionContext([]))
        actions.actions(compiled, document, documents, asked)
        for offset in (min(a, len(torn)), drawn.randrange(len(torn) + 1)):
            place = document.lines.position(offset)
            hover(analysis, document, place)
            signature(analysis, document, place)
            highlights(analysis, document, place)
            selection(document, [place])
            completion.complete(analysis, document, place)
            definition(analysis, document, documents, place)
            references(analysis, document, documents, place, [])
            prepare(analysis, document, place)
            with contextlib.suppress(CannotRename):
                rename(analysis, document, documents, place, "fresh", [])


def test_a_rename_keeps_the_meaning(tmp_path: Path) -> None:
    """Every declaration of the example gets another name, and the spec stays without errors."""
    from tunec.dsl.diagnostics import has_errors

    text = (ROOT / "specs" / "chat.tune").read_text(encoding="utf-8").replace("mode: completion", "mode: chat")
    documents = Documents(load_catalogue())
    path = tmp_path / "a.tune"
    document = documents.put(path.as_uri(), text, 1)
    analysis = documents.analysis(document.path)
    marks = [m for m in analysis.index().marks if m.role == "declaration" and m.definition == m.span]
    assert len(marks) == 10
    for mark in marks:
        changed = rename(analysis, document, documents, document.lines.position(mark.span.start), "fresh_name", [])
        assert changed is not None and changed.changes is not None
        renamed = applied(text, list(changed.changes[document.uri]))
        compiled = check(document.path, renamed, documents.catalogue, documents.buffer)
        assert not has_errors(compiled.diagnostics), (mark.name, compiled.diagnostics)
        # The word `chat` of `mode: chat` is no use of the data set.
        assert "mode: chat" in renamed


def test_without_pygls_the_command_says_what_to_install() -> None:
    code = "import sys; sys.modules['pygls'] = None; from tunec.main import main; sys.argv = ['tunec', 'lsp']; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "tunec[lsp]"' in done.stderr and "Traceback" not in done.stderr


def test_lint_does_not_load_the_server() -> None:
    code = (
        "import sys; from tunec.main import app; app(['lint', 'specs/chat.tune'], standalone_mode=False); "
        "print(sorted({'pygls', 'lsprotocol', 'pygments'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_two_files_that_are_open_are_one_program(work: Path) -> None:
    async def script(editor: Editor) -> None:
        editor.open("a.tune", 'import "common.tune"\ndataset d from tasks { shuffle() }\n')
        editor.open("common.tune", 'source tasks = rows([{text: "a"}])\n')
        assert not await editor.errors("a.tune")
        place = editor.find("common.tune", "tasks")
        editor.edit("common.tune", place, types.Position(place.line, place.character + 5), "other")
        # Nobody touched the file that imports it; its diagnostics follow all the same. One that was under way before
        # the edit may still arrive.
        while [error.code for error in await editor.errors("a.tune")] != ["T101"]:
            editor.published.clear()

    dialogue(work, script, process=True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-32"])
def test_an_editor_that_counts_in_other_units(work: Path, encoding: str) -> None:
    general = types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind(encoding)])
    text = '# 🙂\r\nsource 数据 = rows([{text: "🙂工"}])\r\n'
    text += 'rule r = "🙂工" == text\r\ndataset d from 数据 { filter { keep "🙂工" == text and r() } }\r\n'

    async def script(editor: Editor) -> None:
        editor.open("a.tune", text)
        line = text.split("\r\n")[3]
        before = line[: line.index("text")]
        units = len(before) if encoding == "utf-32" else len(before.encode())
        found = await editor.at("text_document_hover", types.HoverParams, "a.tune", types.Position(3, units))
        assert "text: text" in found.contents.value and found.range.start == types.Position(3, units)
        place = types.Position(3, len("dataset d from "))
        where = await editor.at("text_document_definition", types.DefinitionParams, "a.tune", place)
        assert where.range.start == types.Position(1, len("source "))
        assert where.range.end.character - where.range.start.character == (6 if encoding == "utf-8" else 2)

    dialogue(work, script, types.ClientCapabilities(general=general))
