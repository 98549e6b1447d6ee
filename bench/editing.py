"""How long the language server takes to answer after an edit: python bench/editing.py [LINES] [PAUSE]

Starts the real server, opens a spec of about that many lines (300 without the argument), and types into its middle, one
letter after another, with a pause of so many seconds (0.02 without; at 0.3, when specs are judged, the judging of one
edit meets the next, which is the worst case; at 0.4 each edit is judged before the next). Each time it asks what an
editor asks, and waits for the answer. `processor` is what an edit cost the server in all, its judging included (Linux).
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import BaseLanguageClient

from tunec.lsp.server import REST

EXAMPLE = Path(__file__).parents[1] / "specs" / "chat.tune"
TYPED = "normalize(unicode: nfc) "


def long_spec(lines: int) -> str:
    """The example with its data set again and again under other names, each with a threshold of its own."""
    text = EXAMPLE.read_text(encoding="utf-8")
    block = re.search(r"^dataset chat .*?^}\n", text, re.DOTALL | re.MULTILINE)
    assert block is not None
    copies = []
    while text.count("\n") + sum(copy.count("\n") for copy in copies) < lines:
        number = len(copies)
        own = block[0].replace("dataset chat ", f"dataset more_{number} ").replace("in 3..150", f"in 3..{150 + number}")
        copies.append("\n" + own)
    return text + "".join(copies)


def processor(process: int) -> float:
    """The seconds that a process has spent so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(lines: int, pause: float) -> None:
    """Type, ask, and print."""
    text = long_spec(lines)
    client = BaseLanguageClient("bench", "1")
    judged = asyncio.Event()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def published(params: types.PublishDiagnosticsParams) -> None:
        judged.set()

    with tempfile.TemporaryDirectory() as folder:
        uri = (Path(folder) / "long.tune").as_uri()
        await client.start_io(sys.executable, "-m", "tunec", "lsp")
        await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
        client.initialized(types.InitializedParams())
        began = time.perf_counter()
        client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "tune", 1, text)))
        await judged.wait()
        opening = (time.perf_counter() - began) * 1000
        document = types.TextDocumentIdentifier(uri)
        line = text[: text.index("normalize", len(text) // 2)].count("\n")

        def at(column: int) -> types.Position:
            return types.Position(line, 4 + column)

        asks: dict[str, Callable[[int], Awaitable[object]]] = {
            "completion": lambda c: client.text_document_completion_async(types.CompletionParams(document, at(c))),
            "hover": lambda c: client.text_document_hover_async(types.HoverParams(document, at(c))),
            "semantic tokens": lambda c: client.text_document_semantic_tokens_full_async(
                types.SemanticTokensParams(document)
            ),
            "symbols": lambda c: client.text_document_document_symbol_async(types.DocumentSymbolParams(document)),
            "formatting": lambda c: client.text_document_formatting_async(
                types.DocumentFormattingParams(document, types.FormattingOptions(4, True))
            ),
        }
        assert client._server is not None
        server = client._server.pid
        version = 1
        print(f"{text.count(chr(10))} lines, {len(text):,} characters; {opening:.0f} ms from opening to diagnostics")
        print(
            f"milliseconds from an edit to the answer, with {pause * 1000:.0f} ms between the answer and the next edit"
        )
        for name, ask in asks.items():
            took = []
            spent = processor(server)
            for index, letter in enumerate(TYPED if pause >= REST else TYPED * 2):
                version += 1
                began = time.perf_counter()
                change = types.TextDocumentContentChangePartial(types.Range(at(index), at(index)), letter)
                identity = types.VersionedTextDocumentIdentifier(version, uri)
                client.text_document_did_change(types.DidChangeTextDocumentParams(identity, [change]))
                await ask(index + 1)
                took.append((time.perf_counter() - began) * 1000)
                await asyncio.sleep(pause)
            spent = processor(server) - spent
            ordered = sorted(took)
            worst = ordered[round(len(ordered) * 0.95) - 1]
            said = f"median {statistics.median(took):5.1f}  95 % {worst:5.1f}  first {took[0]:5.1f}"
            print(f"  {name:16} {said}  processor {spent * 1000 / len(took):5.1f}")
            version += 1
            whole = types.TextDocumentContentChangeWholeDocument(text)
            identity = types.VersionedTextDocumentIdentifier(version, uri)
            client.text_document_did_change(types.DidChangeTextDocumentParams(identity, [whole]))
            await asyncio.sleep(0.6)  # its diagnostics are under way
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()


if __name__ == "__main__":
    asyncio.run(
        measure(int(sys.argv[1]) if len(sys.argv) > 1 else 300, float(sys.argv[2]) if len(sys.argv) > 2 else 0.02)
    )
