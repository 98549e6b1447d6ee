"""The server: takes in edits, answers requests, and says what is wrong once the typing rests."""

from __future__ import annotations

import asyncio
import gc
import importlib.metadata
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import FeatureNotificationError, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from tunec.compiler.pipeline import Compiled
from tunec.lsp import actions, completion, formatting, signature, tokens
from tunec.lsp.analysis import Analysis
from tunec.lsp.definition import definition
from tunec.lsp.diagnostics import check, to_protocol
from tunec.lsp.documents import Document, Documents, path_of
from tunec.lsp.folding import folding
from tunec.lsp.hints import hints
from tunec.lsp.hover import hover
from tunec.lsp.links import links
from tunec.lsp.references import highlights, references
from tunec.lsp.rename import CannotRename, prepare, rename
from tunec.lsp.selection import selection
from tunec.lsp.symbols import symbols, workspace_symbols
from tunec.runtime.catalogue import load_catalogue

REST = 0.3
"""Seconds without an edit after which a spec is judged."""

MOST_EDITS = 200
"""So many edits of a spec of 300 lines leave about 40 MB to collect, which takes a sixth of a second."""


TIDIED = 20
"""Each so many-th collection is a full one. What the others leave is what was in use when they came: a judgement each,
of one or two MB where a spec has 3,000 lines."""


class Server(LanguageServer):
    """The state of one session: the open files, and the judgements that are under way or still hold."""

    def __init__(self) -> None:
        super().__init__("tunec", importlib.metadata.version("tunec"))
        self.documents = Documents(load_catalogue())
        self.waiting: dict[Path, asyncio.Task[None]] = {}
        self.checks: dict[Path, asyncio.Task[Compiled]] = {}  # begun since the last edit
        self.judged: dict[Path, Compiled] = {}
        self.edits = 0  # since the last collection
        self.tidied = 0

    @property
    def folders(self) -> list[Path]:
        """The folders that the editor works in."""
        folders = [folder.uri for folder in self.workspace.folders.values()]
        uris = folders or [uri for uri in [self.workspace.root_uri] if uri]
        return [Path(path) for uri in uris if (path := to_fs_path(uri))]

    def opened(self, uri: str) -> tuple[Analysis, Document] | None:
        """An open file with its analysis."""
        document = self.documents.get(uri)
        return (self.documents.analysis(document.path), document) if document is not None else None

    def judge_soon(self, path: Path, rest: float = REST) -> None:
        """Judge a file when it has rested, and every open file that it enters."""
        for other in [path, *(p for p in self.documents.open if p != path and self._rests_on(p, path))]:
            if other in self.waiting:
                self.waiting[other].cancel()
            # Anew in any case: an imported file may be what has changed, or the data.
            self.checks.pop(other, None)
            task = asyncio.get_running_loop().create_task(self._judge(other, rest))
            task.add_done_callback(self._ended)
            self.waiting[other] = task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Show a defect: nobody else waits for the end of a judgement."""
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self.report_server_error(error, FeatureNotificationError)

    def _rests_on(self, path: Path, other: Path) -> bool:
        """Whether a file imports another, as far as is known: what was not judged yet may."""
        judged = self.judged.get(path)
        return judged is None or any(Path(name).resolve() == other for name in judged.sources)

    async def _judge(self, path: Path, rest: float) -> None:
        await asyncio.sleep(rest)
        document = self.documents.open.get(path)
        if document is None:
            return
        compiled = await self.judgement(document)
        if self.documents.open.get(path) is not document:
            return  # another edit came; it has a judgement of its own under way
        found = to_protocol(compiled, document, self.documents)
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(document.uri, found, version=document.version)
        )
        self.tidy()

    async def judgement(self, document: Document) -> Compiled:
        """The judgement of a file as it stands, made once for all who ask."""
        if document.path not in self.checks:
            self.checks[document.path] = asyncio.get_running_loop().create_task(self._check(document))
        return await asyncio.shield(self.checks[document.path])  # who gives up takes it from nobody else

    async def _check(self, document: Document) -> Compiled:
        """Judge a file. Rules look into data files, which takes a while: requests are answered meanwhile."""
        documents = self.documents
        path, memory = document.path, documents.memories.get(document.path)
        # Whoever asks after an edit needs the same analysis.
        known = documents.analysis(path).elaborated if documents.open.get(path) is document else None
        compiled = await asyncio.to_thread(
            check, path, document.text, documents.catalogue, documents.buffer, memory, known
        )
        self.judged[path] = compiled
        return compiled

    def tidy(self) -> None:
        """Collect what no longer counts. It takes as long as an answer may, so it is done when the typing rests, and
        what was there before is looked at now and then only."""
        self.edits = 0
        self.tidied += 1
        gc.collect(2 if self.tidied % TIDIED == 0 else 1)


def make_server() -> Server:
    """The server with all its features."""
    server = Server()
    _synchronise(server)
    _read(server)
    _look_closer(server)
    _write(server)
    _warm(server.documents)
    # The collector runs when `tidy` says so; what is here now stays, and need not be looked at again.
    gc.collect()
    gc.freeze()
    gc.disable()
    return server


def _warm(documents: Documents) -> None:
    """Go through a small spec once, so that the first key in an editor does not wait for modules to load."""
    text = 'source a = rows([{text: "a"}])\ndataset b from a { filter { keep words(text) > 0 } }\n'
    document = documents.put("untitled:warm", text, 0)
    analysis = documents.analysis(document.path)
    completion.complete(analysis, document, document.lines.position(text.index("words")))
    tokens.tokens(analysis, document)
    check(document.path, text, documents.catalogue, documents.buffer)
    documents.close(document.uri)


def _synchronise(server: Server) -> None:
    documents = server.documents

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        documents.codec = server.workspace.position_codec

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        opened = params.text_document
        server.judge_soon(documents.put(opened.uri, opened.text, opened.version).path, 0)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        changed = params.text_document
        document = documents.change(changed.uri, params.content_changes, changed.version)
        if document is not None:
            server.judge_soon(document.path)
        server.edits += 1
        if server.edits >= MOST_EDITS:
            server.tidy()

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        document = documents.get(params.text_document.uri)
        if document is not None:
            documents.forget(document.path)  # the data may be what has changed
            server.judge_soon(document.path, 0)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        path = path_of(params.text_document.uri)
        documents.close(params.text_document.uri)
        server.judge_soon(path, 0)  # those that import it are judged by what is on the disk again
        server.checks.pop(path, None)
        server.judged.pop(path, None)
        server.waiting.pop(path, None)
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_files(params: types.DidChangeWatchedFilesParams) -> None:
        for path in documents.open:
            documents.forget(path)
            server.judge_soon(path)


def _read(server: Server) -> None:
    """The features that only look."""
    documents = server.documents

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def on_hover(params: types.HoverParams) -> types.Hover | None:
        opened = server.opened(params.text_document.uri)
        return hover(*opened, params.position) if opened else None

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=completion.TRIGGERS))
    def on_completion(params: types.CompletionParams) -> types.CompletionList | None:
        opened = server.opened(params.text_document.uri)
        return completion.complete(*opened, params.position, _snippets(server)) if opened else None

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def on_definition(params: types.DefinitionParams) -> types.Location | None:
        opened = server.opened(params.text_document.uri)
        return definition(*opened, documents, params.position) if opened else None

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def on_references(params: types.ReferenceParams) -> list[types.Location] | None:
        opened = server.opened(params.text_document.uri)
        if opened is None:
            return None
        return references(*opened, documents, params.position, server.folders, params.context.include_declaration)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def on_symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
        opened = server.opened(params.text_document.uri)
        return symbols(*opened) if opened else None

    @server.feature(types.WORKSPACE_SYMBOL)
    def on_workspace_symbols(params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        return workspace_symbols(documents, server.folders, params.query)

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, tokens.LEGEND)
    def on_tokens(params: types.SemanticTokensParams) -> types.SemanticTokens | None:
        opened = server.opened(params.text_document.uri)
        return tokens.tokens(*opened) if opened else None

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def on_hints(params: types.InlayHintParams) -> list[types.InlayHint] | None:
        opened = server.opened(params.text_document.uri)
        return hints(*opened, params.range) if opened else None


def _look_closer(server: Server) -> None:
    """The features that help to find one's way in a file."""
    documents = server.documents

    @server.feature(
        types.TEXT_DOCUMENT_SIGNATURE_HELP, types.SignatureHelpOptions(trigger_characters=signature.TRIGGERS)
    )
    def on_signature(params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        opened = server.opened(params.text_document.uri)
        return signature.signature(*opened, params.position) if opened else None

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def on_highlight(params: types.DocumentHighlightParams) -> list[types.DocumentHighlight] | None:
        opened = server.opened(params.text_document.uri)
        return highlights(*opened, params.position) if opened else None

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def on_folding(params: types.FoldingRangeParams) -> list[types.FoldingRange] | None:
        document = documents.get(params.text_document.uri)
        return folding(document) if document is not None else None

    @server.feature(types.TEXT_DOCUMENT_SELECTION_RANGE)
    def on_selection(params: types.SelectionRangeParams) -> list[types.SelectionRange] | None:
        document = documents.get(params.text_document.uri)
        return selection(document, list(params.positions)) if document is not None else None

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)
    def on_links(params: types.DocumentLinkParams) -> list[types.DocumentLink] | None:
        opened = server.opened(params.text_document.uri)
        return links(*opened, documents) if opened else None


def _write(server: Server) -> None:
    """The features that propose edits."""
    documents = server.documents

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def on_formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        opened = server.opened(params.text_document.uri)
        return formatting.edits(opened[1], opened[0]) if opened is not None else None

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=actions.KINDS))
    async def on_actions(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        document = documents.get(params.text_document.uri)
        if document is None:
            return None
        return actions.actions(await server.judgement(document), document, documents, params)

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def on_prepare(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        opened = server.opened(params.text_document.uri)
        return prepare(*opened, params.position) if opened else None

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def on_rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        opened = server.opened(params.text_document.uri)
        if opened is None:
            return None
        try:
            return rename(*opened, documents, params.position, params.new_name, server.folders)
        except CannotRename as error:
            raise JsonRpcInvalidParams(str(error)) from error


def _snippets(server: Server) -> bool:
    text = server.client_capabilities.text_document
    item = text.completion.completion_item if text and text.completion else None
    return bool(item and item.snippet_support)
