"""Hover: pages of operators, what a name stands for, the type of the rows, and what the last build had."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

from lsprotocol import types

from tunec.compiler.catalogue import Operator
from tunec.compiler.docstrings import arguments, body, sections
from tunec.compiler.elaborate.builder import Flow
from tunec.compiler.wording import text_of
from tunec.dsl.parser import parse_tokens
from tunec.dsl.print import print_expression
from tunec.dsl.secrets import masked
from tunec.dsl.tables import WORDS
from tunec.dsl.tree import Declaration, Param, Vary
from tunec.lsp.analysis import Analysis
from tunec.lsp.built import account_of, sample
from tunec.lsp.documents import Document
from tunec.lsp.hints import node_of, said
from tunec.lsp.index import Mark
from tunec.lsp.inner import inner_of
from tunec.lsp.keywords import CALLED, MEANINGS

_LONGEST = 400  # characters of an expression


def hover(analysis: Analysis, document: Document, position: types.Position) -> types.Hover | None:
    """What there is to say about the word at a position."""
    offset = document.lines.offset(position)
    mark = analysis.index().at(offset)
    if mark is None:
        return _keyword(analysis, document, offset)
    parts = [part for part in _said(analysis, mark) if part]
    if not parts:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n".join(parts))
    return types.Hover(content, document.lines.range(mark.span))


def _keyword(analysis: Analysis, document: Document, offset: int) -> types.Hover | None:
    """The meaning of a word of the language."""
    _, tokens, _ = parse_tokens(analysis.source)
    last = bisect_right(tokens, offset, key=lambda token: token.start) - 1
    for token in tokens[max(last - 1, 0) : last + 1][::-1]:
        if token.start <= offset <= token.end and token.text in MEANINGS and token.type == WORDS[token.text]:
            place = types.Range(document.lines.position(token.start), document.lines.position(token.end))
            return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, _meaning(MEANINGS[token.text])), place)
    return None


def _meaning(said: tuple[str, str]) -> str:
    return f"{said[0]}\n\n{_code(said[1])}"


def _said(analysis: Analysis, mark: Mark) -> list[str]:
    match mark.role:
        case "operator" if mark.operator is not None:
            return [_code(mark.operator.signature), _stage(analysis, mark), _page(mark.operator)]
        case "parameter" | "word" if mark.operator is not None and mark.parameter is not None:
            return [_code(str(mark.parameter)), _argument(mark.operator, mark.parameter.name)]
        case "declaration":
            return _declaration(analysis, mark.name)
        case "field":
            return _field(analysis, mark)
        case "let" if mark.owner in analysis.builder.entities and analysis.builder.entities[mark.owner].kind == "rule":
            return [f"`{mark.name}`: a parameter of the rule"]
        case "let":
            flow = analysis.flow_of(mark.owner)
            kind = flow.lets.get(mark.name) if flow else None
            return [_code(f"let {mark.name}: {kind or '?'}")]
        case "word" if mark.name in CALLED:
            return [_meaning(CALLED[mark.name])]
        case "alias":
            files = [f for f, scope in analysis.builder.program.scopes.items() if scope == f"{mark.name}."]
            return [f"`{mark.name}`: the declarations of {', '.join(f'`{Path(f).name}`' for f in files)}"]
        case "tap" | "split":
            return [f"`{mark.name}`: {'a split' if mark.role == 'split' else 'the rows after this stage'}"]
        case _:
            return []


def _code(text: str) -> str:
    return f"```tune\n{text}\n```"


def _page(operator: Operator) -> str:
    """The docstring as Markdown."""
    listed = [f"- `{name}`: {' '.join(said.split())}" for name, said in arguments(operator.doc).items()]
    shown = sections(operator.doc).get("Example", "")
    return _join(
        body(operator.doc),
        "\n".join(["**Args**\n", *listed]) if listed else "",
        f"**Example**\n\n{_code(shown.rstrip())}" if shown else "",
    )


def _argument(operator: Operator, name: str) -> str:
    said = arguments(operator.doc)
    return " ".join((said.get(name) or said.get(f"{name}_", "")).split())


def _stage(analysis: Analysis, mark: Mark) -> str:
    """The rows around a stage, and what the last build did there."""
    flow = analysis.flow_at(mark)
    item = analysis.builder.program.declared.get(mark.owner)
    if flow is None or mark.statement is None or not isinstance(item, Declaration) or item.block is None:
        return ""
    statement = next((s for s in item.block.statements if s.span == mark.statement), None)
    value = getattr(statement, "value", None)
    if getattr(value, "name_span", None) != mark.span:
        return ""  # an operator inside a stage
    node = node_of(analysis, statement)
    return _join(f"on {rows_said(flow)}", _last(analysis, node))


def rows_said(flow: Flow) -> str:
    """The type of some rows, with what `let` named."""
    lets = ", ".join(f"`{name}`: {kind}" for name, kind in flow.lets.items())
    return f"**{flow.rows}** rows" + (f" with {lets}" if lets else "")


def _last(analysis: Analysis, node: str | None) -> str:
    account = account_of(analysis, node) if node else None
    if account is None:
        return ""
    counts, *rules = said(account).split("\n")
    rows = sample(account)
    shown = "\n```json\n" + "\n".join(rows) + "\n```" if rows else ""
    return f"last build: {counts}" + "".join(f"\n- {rule}" for rule in rules) + shown


def _declaration(analysis: Analysis, name: str) -> list[str]:
    builder = analysis.builder
    item = builder.program.declared[name]
    entity = builder.entities.get(name)
    if isinstance(item, Param):
        value = f" = {text_of(entity.value.lowered, builder.catalogue)}" if entity and entity.value else ""
        return [_code(f"param {name}: {item.type}{value}"), item.doc]
    if isinstance(item, Vary):
        span = item.span  # the tree at hand is that of the first variant
        return [_code(_shortened(builder.program.sources[span.file].text[span.start : span.end])), item.doc]
    head = f"{item.kind} {name}"
    if entity is not None and entity.value is not None:
        head += f": {entity.value.type} = {text_of(entity.value.lowered, builder.catalogue)}"
    elif item.value is not None:
        head += f"({', '.join(one.text for one in item.parameters)})" if item.parameters else ""
        head += f" = {_shortened(masked(print_expression(item.value)))}"
    facts = []
    if entity is not None and entity.flow is not None:
        facts.append(rows_said(entity.flow))
        inner = inner_of(item)
        facts += [f"splits: {', '.join(inner.splits)}"] if inner.splits else []
        facts += [f"parts: {', '.join(inner.taps)}"] if inner.taps else []
    node = entity.node if entity is not None and entity.flow is not None else None
    return [_code(head), item.doc, "  \n".join(facts), _last(analysis, node)]


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _field(analysis: Analysis, mark: Mark) -> list[str]:
    flow = analysis.flow_at(mark)
    kind = analysis.builder.field_types(flow).get(mark.name) if flow else None
    if kind is None:
        return [f"`{mark.name}`: a column of the source"] if mark.name.startswith("meta.") else []
    return [_code(f"{mark.name}: {kind}"), f"a field of {flow.rows} rows" if flow else ""]


def _join(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
