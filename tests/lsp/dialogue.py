"""An editor for tests: starts the real server, in a thread of this process or in one of its own, speaks to it over its
input and output, and writes down what was said."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from lsprotocol import converters, types
from pygls.lsp.client import BaseLanguageClient

from tunec.lsp.server import make_server

CURSOR = "‸"
"""Marks the place that a request is about; it is not part of the text."""

LIMIT = 240.0  # seconds for any answer, on a busy machine as well: a server that hangs fails the test

_CONVERTER = converters.get_converter()
Script = Callable[["Editor"], Awaitable[None]]


class Editor:
    """One session in a folder. `written` is the dialogue so far, with the folder as `~`."""

    def __init__(self, folder: Path, client: BaseLanguageClient) -> None:
        self.folder, self.client = folder, client
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.published: dict[str, types.PublishDiagnosticsParams] = {}
        self.news = asyncio.Event()
        self.messages: list[str] = []
        self.lines: list[str] = []

    # Files

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def document(self, name: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri(name))

    def open(self, name: str, marked: str) -> types.Position:
        """Open a text; gives the position of the mark in it."""
        text = marked.replace(CURSOR, "")
        self.texts[name], self.versions[name] = text, 1
        item = types.TextDocumentItem(self.uri(name), "tune", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        self.note("→", "didOpen", {"file": name})
        return position_of(marked, marked.find(CURSOR)) if CURSOR in marked else types.Position(0, 0)

    def edit(self, name: str, start: types.Position, end: types.Position, text: str) -> None:
        """Send one incremental edit."""
        old = self.texts[name]
        a, b = offset_of(old, start), offset_of(old, end)
        self.texts[name] = old[:a] + text + old[b:]
        self.versions[name] += 1
        change = types.TextDocumentContentChangePartial(types.Range(start, end), text)
        identity = types.VersionedTextDocumentIdentifier(self.versions[name], self.uri(name))
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identity, [change]))
        self.note("→", "didChange", {"file": name, "range": change.range, "text": text})

    def find(self, name: str, text: str, after: int = 0) -> types.Position:
        """The position of a stretch of text in an open file."""
        return position_of(self.texts[name], self.texts[name].index(text, after))

    # Requests

    async def ask(self, method: str, params: Any, record: bool = True) -> Any:
        """Send a request, by the name of the client's method, and wait for the answer."""
        answer = await asyncio.wait_for(getattr(self.client, f"{method}_async")(params), LIMIT)
        if record:
            self.note("→", method, params)
            self.note("←", method, answer)
        return answer

    async def at(self, method: str, params: type, name: str, position: types.Position, **more: Any) -> Any:
        """Ask about a position in a file."""
        return await self.ask(method, params(self.document(name), position, **more))

    async def errors(self, name: str) -> list[types.Diagnostic]:
        """Wait for the errors of the present text. Advice is left out: what rules say is tested where they are."""
        uri = self.uri(name)
        while uri not in self.published or self.published[uri].version != self.versions[name]:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), LIMIT)
        found = [d for d in self.published[uri].diagnostics if d.severity == types.DiagnosticSeverity.Error]
        self.note("←", "publishDiagnostics", found)
        return found

    # The record

    def note(self, arrow: str, method: str, said: Any) -> None:
        plain = json.dumps(_short(_CONVERTER.unstructure(said)), ensure_ascii=False, indent=1, sort_keys=True)
        plain = re.sub(r"file://[^\"]*/tunec-pages-[^/]+/", "pages/", plain)
        self.lines.append(f"{arrow} {method} {plain}".replace(self.folder.as_uri(), "~").replace(str(self.folder), "~"))

    @property
    def written(self) -> str:
        return "\n".join(self.lines) + "\n"


def dialogue(
    folder: Path, script: Script, capabilities: types.ClientCapabilities | None = None, *, process: bool = False
) -> Editor:
    """Run a script against a server of its own; gives the editor with the record."""
    if process:
        return asyncio.run(asyncio.wait_for(_dialogue(folder, script, capabilities, None), LIMIT))
    with served(folder) as port:
        return asyncio.run(asyncio.wait_for(_dialogue(folder, script, capabilities, port), LIMIT))


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """A server in a thread, with a folder as its own; gives the port that its input and output lead to."""
    with socket.create_server(("127.0.0.1", 0)) as listener, chdir(folder):

        def serve() -> None:
            line, _ = listener.accept()
            with line, line.makefile("rb") as asked, line.makefile("wb") as said:
                make_server().start_io(asked, said)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
            thread.join(LIMIT)
            assert not thread.is_alive(), "the server did not end"
        finally:  # it has the collector for itself where it is alone
            gc.enable()
            gc.unfreeze()


async def _dialogue(
    folder: Path, script: Script, capabilities: types.ClientCapabilities | None, port: int | None
) -> Editor:
    client = BaseLanguageClient("tunec-tests", "1")
    editor = Editor(folder, client)

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def published(params: types.PublishDiagnosticsParams) -> None:
        editor.published[params.uri] = params
        editor.news.set()

    @client.feature(types.WINDOW_SHOW_MESSAGE)
    def shown(params: types.ShowMessageParams) -> None:
        editor.messages.append(params.message)

    if port is None:
        await client.start_io(sys.executable, "-m", "tunec", "lsp", cwd=folder)
    else:
        await client.start_tcp("127.0.0.1", port)
    asked = types.InitializeParams(
        capabilities=capabilities or types.ClientCapabilities(),
        workspace_folders=[types.WorkspaceFolder(folder.as_uri(), "work")],
    )
    await asyncio.wait_for(client.initialize_async(asked), LIMIT)
    client.initialized(types.InitializedParams())
    try:
        await script(editor)
    finally:
        await asyncio.wait_for(client.shutdown_async(None), LIMIT)
        client.exit(None)
        await asyncio.wait_for(client.stop(), LIMIT)
    assert not editor.messages, editor.messages  # the server reports its own defects this way
    return editor


def _short(said: Any) -> Any:
    """Positions and ranges in a form for people: `line:character`, counted from zero as the protocol does."""
    if isinstance(said, dict):
        if said.keys() == {"line", "character"}:
            return f"{said['line']}:{said['character']}"
        if said.keys() == {"start", "end"}:
            return f"{_short(said['start'])} to {_short(said['end'])}"
        return {key: _short(value) for key, value in said.items()}
    return [_short(item) for item in said] if isinstance(said, list | tuple) else said


def position_of(text: str, offset: int) -> types.Position:
    """The position of an offset, in UTF-16 units; written apart from the server's own, to test that."""
    before = text[:offset]
    line = before.count("\n")
    return types.Position(line, len(before[before.rfind("\n") + 1 :].encode("utf-16-le")) // 2)


def offset_of(text: str, position: types.Position) -> int:
    """The offset of a position."""
    lines = text.split("\n")
    units = lines[position.line].encode("utf-16-le")[: 2 * position.character]
    return sum(len(line) + 1 for line in lines[: position.line]) + len(units.decode("utf-16-le"))


def applied(text: str, edits: list[types.TextEdit]) -> str:
    """A text after some edits."""
    for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        a, b = offset_of(text, edit.range.start), offset_of(text, edit.range.end)
        text = text[:a] + edit.new_text + text[b:]
    return text
