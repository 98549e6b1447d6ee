"""Completion: keywords where the grammar has them, operators by context, arguments, names of the right type, columns
and paths of local files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from lsprotocol import types
from lsprotocol.types import CompletionItemKind as Kind

from tunec.compiler.elaborate.builder import Flow
from tunec.compiler.elaborate.constants import PARAM_TYPES
from tunec.compiler.elaborate.spec import SPEC_ARGUMENTS
from tunec.compiler.elaborate.walk import mentioned
from tunec.compiler.licences import LICENCES
from tunec.compiler.types import PATH, TEXT, RowType
from tunec.dsl.tables import WORDS
from tunec.dsl.tree import Declaration
from tunec.lsp import candidates
from tunec.lsp.analysis import Analysis
from tunec.lsp.candidates import Candidate
from tunec.lsp.cursor import Cursor, cursor_at, statement_kinds
from tunec.lsp.documents import Document
from tunec.lsp.kinds import FROM_MODELS, MODELS, ROWS, VALUES
from tunec.lsp.kinds import WORDS as STATEMENTS
from tunec.lsp.positions import Lines
from tunec.lsp.vocabulary import BUNDLED, VALUES_OF

TRIGGERS = [".", '"', "/", "(", ":"]
_DATA = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".txt", ".md", ".html", ".gz", ".zst", ".bz2")
_ROW_STAGES = ("filter", "set", "mask", "balance")


def complete(
    analysis: Analysis, document: Document, position: types.Position, snippets: bool = False
) -> types.CompletionList:
    """What could be written at a position."""
    cursor = cursor_at(analysis.source, document.lines.offset(position), analysis.builder.catalogue)
    if cursor.comment:
        return types.CompletionList(False, [])
    if cursor.text is not None:
        found = _in_text(analysis, cursor)
        start = cursor.offset - len(cursor.text.rpartition("/")[2])
    elif "." in cursor.typed:
        found, start = _behind_dot(analysis, cursor)
    else:
        found, start = [*_here(analysis, cursor)], cursor.start
    unique = {candidate.label: candidate for candidate in reversed(list(found))}
    return types.CompletionList(
        False, [_item(c, document.lines, start, cursor.offset, snippets) for c in reversed(unique.values())]
    )


def _item(candidate: Candidate, lines: Lines, start: int, end: int, snippets: bool) -> types.CompletionItem:
    insert = candidate.insert or candidate.label
    snippet = "$" in insert and snippets
    if "$" in insert and not snippets:
        insert = candidate.label
    doc = types.MarkupContent(types.MarkupKind.Markdown, candidate.doc) if candidate.doc else None
    return types.CompletionItem(
        candidate.label,
        kind=candidate.kind,
        detail=candidate.detail or None,
        documentation=doc,
        sort_text=f"{candidate.rank}{candidate.label}",
        filter_text=candidate.label,
        insert_text_format=types.InsertTextFormat.Snippet if snippet else types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(types.Range(lines.position(start), lines.position(end)), insert),
    )


def _in_text(analysis: Analysis, cursor: Cursor) -> Iterable[Candidate]:
    """Paths between quotes, columns, licences."""
    folder = analysis.path.parent
    typed = cursor.text or ""
    if cursor.before == "NAME" and cursor.keyword == "import" and not cursor.frames:
        return candidates.paths(folder, typed, (".tune",))
    if cursor.compared:
        return candidates.texts(_values_of(analysis, cursor.compared))
    frame, call = cursor.frame, cursor.call
    if frame is None or call is None:
        return ()
    if call.operator is not None and call.operator.name == "bundled" and call.parameter is not None:
        known = BUNDLED.get(call.operator.kind, {}) if call.parameter.name == "id" else {}
        return candidates.texts(known)
    if call.key == "license":
        return [Candidate(name, Kind.EnumMember, rank=1) for name in LICENCES]
    if frame.kind != "call" and call.key == "format":
        owner = analysis.builder.program.scopes[analysis.main] + cursor.name
        return candidates.columns(analysis, owner if owner in analysis.builder.entities else "")
    if call.parameter is not None and call.parameter.words is not None:
        return candidates.texts(dict.fromkeys(sorted(call.parameter.words()), ""))
    if call.parameter is not None and call.parameter.type == PATH:
        return candidates.paths(folder, typed, _DATA)
    return ()


def _behind_dot(analysis: Analysis, cursor: Cursor) -> tuple[Iterable[Candidate], int]:
    """Parts of a data set, columns behind `meta.`, and the names of an imported file."""
    owner, _, last = cursor.typed.rpartition(".")
    if owner == "meta":
        return candidates.columns(analysis), cursor.offset - len(last)
    name = analysis.builder.program.resolve(owner, analysis.main)
    if name is not None:
        return candidates.parts(analysis, name), cursor.offset - len(last)
    found = (c for c in _here(analysis, cursor) if c.label.startswith(owner + "."))
    return list(found), cursor.start


def _here(analysis: Analysis, cursor: Cursor) -> Iterator[Candidate]:
    if not cursor.frames:
        yield from _header(analysis, cursor)
        return
    frame = cursor.frames[-1]
    if frame.kind == "block" and cursor.fits("KEEP"):
        yield from _statement(analysis, cursor)
    elif cursor.fits("NUMBER") or cursor.fits("NAME"):
        yield from _value(analysis, cursor)
    else:
        yield from _keywords(cursor)


def _keywords(cursor: Cursor, leave: Iterable[str] = ()) -> Iterator[Candidate]:
    """The words that the grammar allows here."""
    for word, terminal in WORDS.items():
        if word not in leave and cursor.fits(terminal):
            yield Candidate(word, Kind.Keyword, rank=5)


def _header(analysis: Analysis, cursor: Cursor) -> Iterator[Candidate]:
    """Between declarations, and in the line that begins one."""
    if cursor.fits("SOURCE"):
        yield from _keywords(cursor, ("and", "or", "in", "if", "then", "else", "not"))
    elif cursor.before == "COLON":
        words = PARAM_TYPES if cursor.keyword == "param" else tuple(RowType)
        yield from (Candidate(str(word), Kind.TypeParameter, rank=1) for word in words)
    elif cursor.fits("NUMBER"):
        if cursor.keyword in VALUES:
            yield from candidates.operators(analysis, VALUES[cursor.keyword], 1)
        elif cursor.keyword == "rule":
            yield from candidates.expressions(analysis, None, "")
        else:
            yield from candidates.values(analysis, None)
            yield from _keywords(cursor)
    elif cursor.clause and cursor.fits("NAME"):
        yield from _clause(analysis, cursor)
    else:
        yield from _keywords(cursor)


def _clause(analysis: Analysis, cursor: Cursor) -> Iterator[Candidate]:
    """The names that a clause may hold."""
    if cursor.clause == "with":
        yield from candidates.declared(analysis, ("tokenizer",), 1)
        return
    models = cursor.clause == "of" or (cursor.clause == "from" and cursor.keyword in FROM_MODELS)
    own = cursor.name
    found = candidates.declared(analysis, MODELS if models else ROWS, 1)
    yield from (c for c in found if c.label != own)


def _statement(analysis: Analysis, cursor: Cursor) -> Iterator[Candidate]:
    """The start of a statement."""
    frame = cursor.frames[-1]
    operator = frame.operator
    kinds = statement_kinds(cursor.keyword, cursor.frames)
    if kinds:
        for candidate in candidates.operators(analysis, kinds, 1):
            if candidate.label in STATEMENTS:
                yield Candidate(candidate.label, Kind.Keyword, candidate.detail, candidate.doc, rank=2)
            else:
                yield candidate
    elif operator is not None and operator.takes_row_rules:
        yield from (Candidate(word, Kind.Keyword, "keep or drop rows", rank=1) for word in ("keep", "drop"))
    elif operator is not None and operator.block == "constraints":
        for word in ("share", "count"):
            yield Candidate(word, Kind.Function, f"a bound on a {word} of the rows", insert=f"{word}($1) ", rank=1)
    elif operator is not None and operator.name == "split":
        yield from (Candidate(word, Kind.Property, "split", rank=1) for word in ("train", "validation", "test"))
    elif operator is not None and operator.block == "shares":
        yield from candidates.declared(analysis, ROWS, 1)
    if cursor.fits("AND"):
        yield from _keywords(cursor, ("keep", "drop", "let", "check", "not"))


def _value(analysis: Analysis, cursor: Cursor) -> Iterator[Candidate]:
    """Inside brackets: names of arguments, and values of what is asked for."""
    frame = cursor.frames[-1]
    flow, owner = _flow(analysis, cursor)
    if frame.kind == "call" and cursor.before in ("LPAR", "COMMA", "CALL_OPEN"):
        yield from _arguments(cursor)
    if len(cursor.frames) == 1 and frame.kind == "list" and cursor.clause:
        yield from _clause(analysis, cursor)
        return
    if cursor.compared == "origin" or _values_of(analysis, cursor.compared):
        yield from _compared(analysis, cursor)
        return
    want = cursor.want
    parameter = frame.parameter if frame.kind == "call" else None
    row = parameter is not None and parameter.form != "value"
    if want is not None and not row and want.name != "any":
        yield from candidates.of_type(analysis, want, flow)
    elif row or _over_rows(cursor):
        yield from candidates.expressions(analysis, flow, owner)
        yield from _keywords(cursor)
    else:
        yield from candidates.values(analysis, None)
        yield from candidates.declared(analysis, (*ROWS, *MODELS, "embedder"), 4)
        yield from _keywords(cursor)


def _values_of(analysis: Analysis, function: str) -> Mapping[str, str]:
    """The only texts that a function gives, each with what it means as far as that is said."""
    operator = analysis.builder.catalogue.find("functions", function)
    if function in VALUES_OF or operator is None or operator.gives is None:
        return VALUES_OF.get(function, {})
    return dict.fromkeys(sorted(operator.gives()), "")


def _compared(analysis: Analysis, cursor: Cursor) -> Iterator[Candidate]:
    """What a field or a function is compared with, where only certain values make sense."""
    if cursor.compared != "origin":
        yield from candidates.texts(_values_of(analysis, cursor.compared), quoted=True)
        yield from candidates.values(analysis, TEXT)
        return
    kinds = ("source", "seeds", "generate")
    item = analysis.builder.program.declared.get(analysis.builder.program.scopes[analysis.main] + cursor.name)
    reaching = {*mentioned(analysis.builder.program, item, analysis.main)} if item is not None else set()
    for candidate in candidates.declared(analysis, kinds):
        yield replace(candidate, rank=1) if candidate.label in reaching else candidate


def _arguments(cursor: Cursor) -> Iterator[Candidate]:
    frame = cursor.frames[-1]
    if cursor.keyword == "spec" and len(cursor.frames) == 1:
        yield from (Candidate(n, Kind.Property, "of the spec", insert=f"{n}: ", rank=0) for n in SPEC_ARGUMENTS)
    for parameter in frame.operator.parameters if frame.operator else ():
        if parameter.name not in frame.given and (parameter.keyword_only or not parameter.required):
            yield Candidate(parameter.name, Kind.Property, str(parameter), insert=f"{parameter.name}: ", rank=0)


def _over_rows(cursor: Cursor) -> bool:
    """Whether the place belongs to an expression over a row."""
    if cursor.keyword not in ("dataset", "generate", "rule"):
        return False
    names = [frame.operator.name for frame in cursor.frames if frame.operator is not None]
    return any(name in _ROW_STAGES for name in names) or cursor.frames[-1].kind == "block" or not names


def _flow(analysis: Analysis, cursor: Cursor) -> tuple[Flow | None, str]:
    """The rows at the place, from the last statement that the compiler understood; and the declaration's full name."""
    owner = analysis.builder.program.scopes[analysis.main] + cursor.name
    item = analysis.builder.program.declared.get(owner)
    if not isinstance(item, Declaration):
        return None, owner
    inside = [
        (span.start, flow)
        for span, flow in analysis.builder.flows.items()
        if span.file == analysis.main and item.span.start <= span.start <= cursor.offset
    ]
    if inside:
        return max(inside, key=lambda pair: pair[0])[1], owner
    return analysis.flow_of(owner), owner
