"""The state of one compilation: what is known so far, and what has been found wrong."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.elaborate.load import Program, names_visible
from tunec.compiler.graph import Node, make_node
from tunec.compiler.lowered import Lowered
from tunec.compiler.names import suggestion
from tunec.compiler.sample import ModelSeen, Sample
from tunec.compiler.types import FIELDS, RowType, Type
from tunec.dsl.diagnostics import Diagnostic, Fix, Label, is_syntax
from tunec.dsl.record import record
from tunec.dsl.source import Span
from tunec.dsl.tree import Call, Declaration, Expression

#: After so many comparisons no near name is looked for: thousands of unknown names are no misspellings.
_MOST_COMPARED = 50_000


@record
class Value:
    """A constant or a lowered expression with its type. `folder` is that of the file that states a constant, as seen
    from the main file's: there the value starts if it turns out to be a path."""

    type: Type
    lowered: Lowered
    row: bool = False  # it differs from row to row
    words: tuple[str, ...] = ()
    folder: str | None = None


@record
class Flow:
    """Rows on their way: the node that makes them, their type, and what is known of their columns."""

    node: str
    rows: RowType
    lets: Mapping[str, Type] = field(default_factory=dict)
    splits: tuple[str, ...] = ()


@record
class Scope:
    """The rules whose expressions are being put in, the outermost first; and what the parameters of the innermost stand
    for, each with the scope that its argument belongs to."""

    rules: tuple[str, ...] = ()
    given: Mapping[str, tuple[Expression, Scope]] = field(default_factory=dict)
    depth: int = 0


EntityKind = Literal["rows", "model", "embedder", "value", "rule", "tokenizer", "report", "broken"]


@record
class Entity:
    """What a declaration turned out to be. `broken` ones have been reported; nothing more is said about them. Of those
    that are not `sound` something was reported, but what they are is known, so that what reads them can be checked."""

    kind: EntityKind
    span: Span
    declared: str  # the declaration's keyword
    flow: Flow | None = None
    node: str = ""
    value: Value | None = None
    taps: Mapping[str, Flow] = field(default_factory=dict)
    control: str = ""  # of a model: the node of the one that is trained on a random choice instead
    expression: Expression | None = None  # a rule given as an expression
    parameters: tuple[str, ...] = ()  # of a rule
    parts: tuple[str, ...] = ()  # the declarations that a report is about, in order
    sound: bool = True


@dataclass(repr=False, eq=False)
class Builder:
    """Collects nodes, places and diagnostics. Its fields grow while declarations are elaborated."""

    program: Program
    catalogue: Catalogue
    overrides: Mapping[str, str]
    diagnostics: list[Diagnostic] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    rule_spans: dict[tuple[str, str], Span] = field(default_factory=dict)
    written: dict[str, tuple[tuple[Lowered, Span], ...]] = field(default_factory=dict)  # rules by node, with places
    labels: dict[tuple[str, str], str] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)
    params: dict[str, Lowered] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    active: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    scope: Scope = field(default_factory=lambda: Scope())  # where in rules the expression stands that is looked at
    expansions: int = 0  # how many rules and arguments of rules were put in
    canonical: dict[Span, str] = field(default_factory=dict)  # what was written in short, with its canonical form
    plain: set[Span] = field(default_factory=set)  # names in rules that mean what they say for some rows
    put_in: int = 0  # how many values constants came to, where they are named
    said: set[Diagnostic] = field(default_factory=set)
    unreadable: dict[str, list[tuple[int, int]]] | None = None  # what could not be read, by file, in order
    compared: int = 0  # how many names were looked at for one that is nearly right
    seen_from: dict[str, Mapping[str, Span]] = field(default_factory=dict)  # the names that may stand in each file
    columns: dict[tuple[str, str], Type] = field(default_factory=dict)  # types of `meta` by node and name
    named: dict[str, frozenset[str]] = field(default_factory=dict)  # names of `meta` by node
    looks: dict[str, Sample | None] = field(default_factory=dict)  # into files, by node
    models: dict[str, ModelSeen | None] = field(default_factory=dict)  # the settings of models, by node
    flows: dict[Span, Flow] = field(default_factory=dict)  # the rows that reach a statement of a block
    unsound: set[str] = field(default_factory=set)  # nodes that stand for what could not be made, and those behind them
    mentions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # the names that declarations mention
    #: For those that note what a declaration comes to (`kept`): how often something was said, or found out in a way
    #: that leaves no trace; the declarations that were needed; the nodes that were added; whether a type names rows.
    told: int = 0
    needed: dict[str, Entity] | None = None
    added: list[tuple[Node, Span]] | None = None
    mixed: bool = False
    #: What stands for the declarations that are noted, and is the same object where they come to the same again.
    made: Mapping[str, object] = field(default_factory=dict)
    #: Gives the entity of a declared name, elaborating it where that has not happened yet.
    lookup: Callable[[str, Span], Entity] = field(default=lambda name, span: Entity("broken", span, name))
    #: Gives the rows that a call makes where rows are wanted: `against: version("chat@1")`.
    rows_made: Callable[[Call], Flow | None] = field(default=lambda call: None)

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        labels: Iterable[Label] = (),
        help: str = "",
        fixes: tuple[Fix, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> None:
        """Note a problem. The same problem at the same place is said once."""
        self.told += 1
        diagnostic = Diagnostic(code, message, span, label, tuple(labels), help, fixes, notes)
        if diagnostic not in self.said:
            self.said.add(diagnostic)
            self.diagnostics.append(diagnostic)

    def add(
        self,
        op: str,
        inputs: Iterable[str],
        params: Mapping[str, Lowered],
        rows: RowType | None,
        cost: str,
        span: Span,
    ) -> str:
        """Add a node, or find the equal one that is there; gives its id."""
        node = make_node(op, tuple(dict.fromkeys(inputs)), params, rows, cost)
        self.put(node, span, self.active[-1] if self.active else "")
        if not self.unsound.isdisjoint(node.inputs):
            self.unsound.add(node.id)
        if self.added is not None:
            self.added.append((node, span))
        return node.id

    def put(self, node: Node, span: Span, owner: str) -> None:
        """Put in a node of a declaration; the first that makes an equal one is where it comes from."""
        self.nodes.setdefault(node.id, node)
        self.spans.setdefault(node.id, span)
        self.owners.setdefault(node.id, owner)

    def stand_in(self, item: Declaration, inputs: Iterable[str] = (), rows: RowType | None = None) -> str:
        """Add a node for what a declaration would have made, had nothing been wrong; gives its id."""
        node = self.add("unsound", inputs, {"name": item.name}, rows, "cheap", item.span)
        self.unsound.add(node)
        return node

    def unknown(
        self,
        what: str,
        name: str,
        candidates: Iterable[str],
        span: Span,
        code: str = "T101",
        notes: tuple[str, ...] = (),
    ) -> None:
        """Report a name that means nothing here, with the closest one that would."""
        pool = self.compare(candidates)
        help_, fixes = suggestion(name, pool, span)
        head = name.partition(".")[0]
        if not help_ and head != name:  # `recipens.validation`: it is the declaration that is misspelt
            help_, fixes = suggestion(head, pool, Span(span.file, span.start, span.start + len(head)))
        self.report(code, f"unknown {what} `{name}`", span, help=help_, fixes=fixes, notes=notes)

    def compare(self, candidates: Iterable[str]) -> list[str]:
        """The names to look for a near one among; none after too many were."""
        pool = list(candidates) if self.compared < _MOST_COMPARED else []
        self.compared += len(pool)
        return pool

    def unread(self, span: Span) -> bool:
        """Whether something in a stretch of a file could not be read, so that what stands there is not known."""
        if self.unreadable is None:
            self.unreadable = {}
            for d in self.program.diagnostics:
                if is_syntax(d):
                    self.unreadable.setdefault(d.span.file, []).append((d.span.start, d.span.end))
            for places in self.unreadable.values():
                places.sort()
        places = self.unreadable.get(span.file, [])
        first = bisect_left(places, (span.start, 0))
        return first < len(places) and places[first][1] <= span.end

    def unread_behind(self, span: Span) -> bool:
        """Whether something behind a stretch, on the line where it ends, could not be read."""
        text = self.program.sources[span.file].text
        stop = text.find("\n", span.end)
        return self.unread(Span(span.file, span.start, len(text) if stop < 0 else stop))

    def look(self, node: Node) -> Sample | None:
        """A look into the files that a node reads, once in a compilation."""
        if node.id not in self.looks:
            self.looks[node.id] = self.catalogue.look(node, self.program.main.parent)
        return self.looks[node.id]

    def look_at_model(self, node: Node) -> ModelSeen | None:
        """A look at the settings of a model, once in a compilation."""
        if node.id not in self.models:
            self.models[node.id] = self.catalogue.look_at_model(node, self.program.main.parent)
        return self.models[node.id]

    def visible(self, file: str) -> Mapping[str, Span]:
        """The names that may stand in a file."""
        if file not in self.seen_from:
            self.seen_from[file] = names_visible(self.program, file)
        return self.seen_from[file]

    def field_types(self, flow: Flow) -> dict[str, str]:
        """The fields of a flow's rows that a bare name may mean, with their types."""
        return {**FIELDS[flow.rows], "id": "text", "origin": "origin", **({"split": "text"} if flow.splits else {})}
