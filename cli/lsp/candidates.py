"""Candidates for completion: what could be written, by what the place asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lsprotocol.types import CompletionItemKind as Kind

from tunec.compiler.catalogue import Operator
from tunec.compiler.elaborate.builder import Flow
from tunec.compiler.types import NUMBERS, RowType, Type, accepts
from tunec.compiler.wording import text_of
from tunec.dsl.tree import Declaration
from tunec.lsp.analysis import Analysis
from tunec.lsp.inner import inner_of, lets_of
from tunec.lsp.kinds import MODELS, ROWS


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something to write. `rank` sorts: the lower, the likelier. `insert` is a snippet where it holds a `$`."""

    label: str
    kind: Kind
    detail: str = ""
    doc: str = ""
    insert: str = ""
    rank: int = 5


def operators(analysis: Analysis, kinds: Iterable[str], rank: int = 4) -> Iterator[Candidate]:
    """The operators of some kinds."""
    catalogue = analysis.builder.catalogue
    for kind in kinds:
        for name in catalogue.names(kind):
            operator = catalogue.at(f"{kind}.{name}")
            yield Candidate(name, Kind.Function, operator.signature, operator.doc, _call(operator), rank)


def _call(operator: Operator) -> str:
    block = operator.block in ("rules", "constraints", "shares", "trials")
    required = any(p.required for p in operator.parameters)
    if operator.kind == "formats" and not operator.parameters:
        return operator.name
    arguments = "($1)" if required or not block else ""
    if block:
        return f"{operator.name}{arguments} {{\n\t$0\n}}"
    return f"{operator.name}($1)" if operator.parameters or operator.block == "fields" else f"{operator.name}()"


def declared(analysis: Analysis, kinds: Iterable[str], rank: int = 3) -> Iterator[Candidate]:
    """The declarations of some kinds, as this file would write their names."""
    program = analysis.builder.program
    wanted = tuple(kinds)
    for name, item in program.declared.items():
        if isinstance(item, Declaration) and item.kind in wanted:
            flow = analysis.flow_of(name)
            said = f"{item.kind}, {flow.rows} rows" if flow else item.kind
            yield Candidate(name, Kind.Variable, said, item.doc, rank=rank)


def values(analysis: Analysis, want: Type | None, rank: int = 3) -> Iterator[Candidate]:
    """Params and constants of a fitting type."""
    for name, entity in analysis.builder.entities.items():
        if entity.kind == "value" and entity.value is not None and (want is None or _fits(want, entity.value.type)):
            value = text_of(entity.value.lowered, analysis.builder.catalogue)
            yield Candidate(name, Kind.Constant, f"{entity.declared}: {entity.value.type} = {value}", rank=rank)


def _fits(want: Type, given: Type) -> bool:
    return accepts(want, given) or (want.name in NUMBERS and given.name in NUMBERS)


def of_type(analysis: Analysis, want: Type, flow: Flow | None) -> Iterator[Candidate]:
    """What a place of a type may hold."""
    if want.name == "list" and want.item is not None:
        want = want.item
    if want.name == "enum":
        yield from (Candidate(word, Kind.EnumMember, rank=1) for word in want.words)
    elif want.name == "operator":
        yield from operators(analysis, want.words, 1)
    elif want.name == "model":
        yield from declared(analysis, MODELS, 1)
    elif want.name == "embedder":
        yield from declared(analysis, ("embedder",), 1)
    elif want.name == "rows":
        yield from declared(analysis, ROWS, 1)
    elif want.name == "bool":
        yield from (Candidate(word, Kind.Keyword, rank=1) for word in ("true", "false"))
    elif want.name == "field":
        yield from fields(analysis, flow)
    if want.name not in ("operator", "model", "embedder", "rows", "field"):
        yield from values(analysis, want)


def fields(analysis: Analysis, flow: Flow | None) -> Iterator[Candidate]:
    """The fields of the rows at hand, with what `let` named and the columns behind `meta.`."""
    flows = [flow] if flow is not None else [Flow("", one) for one in RowType]
    names = {name: kind for one in flows for name, kind in analysis.builder.field_types(one).items()}
    yield from (Candidate(name, Kind.Field, kind, rank=1) for name, kind in names.items())
    if flow is not None:
        yield from (Candidate(name, Kind.Variable, f"let: {kind}", rank=1) for name, kind in flow.lets.items())


def expressions(analysis: Analysis, flow: Flow | None, owner: str) -> Iterator[Candidate]:
    """What an expression over a row may begin with."""
    yield from fields(analysis, flow)
    known = set(flow.lets) if flow else set()
    yield from (Candidate(n, Kind.Variable, "let", rank=1) for n in lets_of(analysis.builder, owner) if n not in known)
    yield from operators(analysis, ("functions",), 2)
    for rule in declared(analysis, ("rule",)):
        entity = analysis.builder.entities.get(rule.label)
        given = "$1" if entity is not None and entity.parameters else ""
        yield Candidate(rule.label, Kind.Function, rule.detail, rule.doc, f"{rule.label}({given})", 3)
    yield from values(analysis, None, 4)
    yield Candidate("between", Kind.Function, "between(x, low, high) -> bool", insert="between($1)", rank=2)
    yield Candidate("meta.", Kind.Module, "another column of the source", rank=4)


def texts(known: Mapping[str, str], quoted: bool = False) -> Iterator[Candidate]:
    """Texts that a place may hold, each with what it means."""
    for text, said in known.items():
        yield Candidate(f'"{text}"' if quoted else text, Kind.EnumMember, said, rank=1)


def parts(analysis: Analysis, owner: str) -> Iterator[Candidate]:
    """The splits of a data set, and what its stages named with `as`."""
    inner = inner_of(analysis.builder.program.declared[owner])
    yield from (Candidate(name, Kind.Property, "split", rank=1) for name in inner.splits)
    yield from (Candidate(name, Kind.Property, "rows after this stage", rank=1) for name in inner.taps)


def columns(analysis: Analysis, owner: str = "") -> Iterator[Candidate]:
    """The columns of the local files that a declaration's rows come from; without one, those of all sources."""
    builder = analysis.builder
    folder = builder.program.main.parent
    entity = builder.entities.get(owner)
    start = [entity.node] if entity and entity.node else list(builder.nodes)
    seen: set[str] = set()
    while start:
        node = builder.nodes[start.pop()]
        if node.id in seen:
            continue
        seen.add(node.id)
        start += [name for name in node.inputs if name in builder.nodes]
        sample = builder.catalogue.look(node, folder)
        for column in sample.columns if sample else ():
            yield Candidate(column, Kind.Field, f"column of {sample.path}" if sample else "", rank=1)


def paths(folder: Path, typed: str, endings: tuple[str, ...] = ()) -> Iterator[Candidate]:
    """Files and folders below what has been typed of a path."""
    below, _, _ = typed.rpartition("/")
    place = folder / below
    try:
        entries = sorted(place.iterdir())[:500]
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield Candidate(entry.name + "/", Kind.Folder, rank=2)
        elif not endings or entry.name.endswith(endings):
            yield Candidate(entry.name, Kind.File, rank=1)
