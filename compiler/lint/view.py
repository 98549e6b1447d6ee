"""A spec as the rules see it: declarations, the stages of their blocks, and the ways that rows take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.elaborate.builder import Builder, Entity
from tunec.compiler.graph import Node
from tunec.compiler.lowered import Json, Ref, expect, references
from tunec.compiler.sample import ModelSeen, Sample
from tunec.dsl.record import record
from tunec.dsl.source import Span
from tunec.dsl.tree import Argument, Call, Check, Declaration, Expression, Keep, Let, ListOf, Name, Stage, Statement


@record
class Declared:
    """A declaration without errors: its full name, its text, and what it turned out to be."""

    name: str
    item: Declaration
    entity: Entity

    @property
    def call(self) -> Call | None:
        """The call behind the `=`."""
        return self.item.value if isinstance(self.item.value, Call) else None

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What stands between its braces."""
        return self.item.block.statements if self.item.block is not None else ()

    def stage(self, name: str) -> Call | None:
        """The first statement between its braces that calls this name."""
        calls = (call_of(statement) for statement in self.statements)
        return next((call for call in calls if call is not None and call.name == name), None)


@record
class Staged:
    """A stage of a `dataset`: its node and its text."""

    node: Node
    statement: Statement

    @property
    def name(self) -> str:
        """The operator's name, such as `dedup`."""
        return self.node.op.split(".")[-1]

    @property
    def call(self) -> Call | None:
        """The call as it is written, where the stage is one."""
        return call_of(self.statement)

    @property
    def head(self) -> Span:
        """The word that the stage starts with."""
        call = self.call
        return call.name_span if call is not None else self.statement.span

    @property
    def block(self) -> tuple[Statement, ...]:
        """The statements between its braces."""
        call = self.call
        return call.block.statements if call is not None and call.block is not None else ()


class View:
    """What rules may ask of a spec. Declarations with errors are not in it, so that nothing is said of them twice."""

    def __init__(self, builder: Builder, spec: Mapping[str, Json]) -> None:
        self.builder = builder
        self.spec = spec
        self.folder = builder.program.main.parent
        self.nodes: Mapping[str, Node] = builder.nodes

    @property
    def catalogue(self) -> Catalogue:
        """The operators that there are."""
        return self.builder.catalogue

    def declared(self, *kinds: str) -> list[Declared]:
        """The declarations of these kinds, in the order of the text."""
        return [d for d in self._declared if d.item.kind in kinds]

    @cached_property
    def _declared(self) -> list[Declared]:
        program, entities = self.builder.program, self.builder.entities
        return [
            Declared(name, item, entities[name])
            for name, item in program.declared.items()
            if isinstance(item, Declaration) and entities[name].kind != "broken" and entities[name].sound
        ]

    @cached_property
    def _by_name(self) -> dict[str, Declared]:
        return {d.name: d for d in self._declared}

    def stages(self, declared: Declared) -> list[Staged]:
        """The stages of a `dataset`, in order."""
        if declared.name not in self._stages:
            self._stages[declared.name] = list(self._walked(declared))[::-1]
        return self._stages[declared.name]

    @cached_property
    def _stages(self) -> dict[str, list[Staged]]:
        return {}

    def _walked(self, declared: Declared) -> Iterator[Staged]:
        node = declared.entity.node
        for statement in reversed(declared.statements):
            yield Staged(self.nodes[node], statement)
            node = self.nodes[node].inputs[0]

    def sources_of(self, node: Node) -> tuple[str, ...]:
        """The nodes whose rows come into a node. What is only compared with is not among them."""
        if node.op == "concat":
            return node.inputs
        if node.op == "generate" or node.op.startswith("connectors."):
            return ()
        return node.inputs[1:2] if node.op == "train" else node.inputs[:1]

    def upstream(self, node: str) -> dict[str, str | None]:
        """The nodes that the rows of a node come through, itself first, each with the node after it."""
        after: dict[str, str | None] = {node: None}
        waiting = [node]
        for current in waiting:  # grows while it is walked
            for source in self.sources_of(self.nodes[current]):
                if source not in after:
                    after[source] = current
                    waiting.append(source)
        return after

    def leaves(self, node: str) -> tuple[str, ...]:
        """The nodes where the rows of a node begin: what was read, and what was generated."""
        return self._leaves[node]

    @cached_property
    def _leaves(self) -> dict[str, tuple[str, ...]]:
        known: dict[str, tuple[str, ...]] = {}
        for node in self.nodes.values():  # inputs are added before what reads them
            sources = self.sources_of(node)
            if len(sources) == 1:
                known[node.id] = known[sources[0]]
            else:
                known[node.id] = tuple(dict.fromkeys(n for s in sources for n in known[s])) or (node.id,)
        return known

    def passed(self, node: str) -> frozenset[str]:
        """The operators of the nodes that the rows of a node come through, its own among them."""
        return self._passed[node]

    @cached_property
    def _passed(self) -> dict[str, frozenset[str]]:
        known: dict[str, frozenset[str]] = {}
        for node in self.nodes.values():
            before = [known[s] for s in self.sources_of(node)]
            alone = len(before) == 1 and node.op in before[0]
            known[node.id] = before[0] if alone else frozenset([node.op]).union(*before)
        return known

    def licences(self, node: str) -> dict[str, str]:
        """The licences that the sources of a node's rows state, by their names; of what is generated nothing."""
        declared = {leaf: self.declaration(leaf) for leaf in self.leaves(node)}
        stated = {d.name: self.nodes[leaf].params.get("license") for leaf, d in declared.items() if d is not None}
        return {name: licence for name, licence in sorted(stated.items()) if isinstance(licence, str)}

    def named(self, name: str) -> Declared:
        """The declaration of a source of rows."""
        return next(d for d in self.declared("source", "seeds", "benchmark") if d.name == name)

    def route(self, node: str, after: Mapping[str, str | None]) -> list[str]:
        """The declarations on the way from a node to the end of a walk, by name."""
        names: list[str] = []
        current: str | None = node
        while current is not None:
            name = self.names.get(current) or self.builder.owners.get(current, "")
            declared = self._by_name.get(name)
            # A part of a split belongs to whatever asked for it first, which need not be on this way.
            if declared is not None and declared.entity.kind == "rows" and name not in names:
                names.append(name)
            current = after[current]
        return names

    @cached_property
    def names(self) -> dict[str, str]:
        """The name of the declaration that a node is the result of."""
        return {d.entity.node: d.name for d in reversed(self._declared) if d.entity.node}

    def trainings(self, model: str) -> list[Node]:
        """The `train` nodes that a model comes from, the last first."""
        found, waiting, seen = [], [model], {model}
        for current in waiting:
            node = self.nodes[current]
            if node.op == "train":
                found.append(node)
            for other in self._models_of(node):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return found

    def _models_of(self, node: Node) -> tuple[str, ...]:
        if node.op == "train":
            return tuple(references(node.params["base"]))
        return node.inputs if node.op == "merge" else ()

    def declaration(self, node: str) -> Declared | None:
        """The declaration that a node is the result of."""
        return self._by_name.get(self.names.get(node, ""))

    def trained_on(self) -> dict[str, list[Declared]]:
        """The trainings by the node of the rows that they train on."""
        found: dict[str, list[Declared]] = {}
        for training in self.declared("train"):
            found.setdefault(self.nodes[training.entity.node].inputs[1], []).append(training)
        return found

    @cached_property
    def calls(self) -> dict[Span, Call]:
        """The stages of all blocks that are calls, by their place."""
        found = {}
        for declared in self._declared:
            for statement in declared.statements:
                call = call_of(statement)
                if call is not None:
                    found[call.span] = call
        return found

    def head(self, node: Node) -> Span:
        """The word that the stage of a node starts with."""
        span = self.builder.spans[node.id]
        call = self.calls.get(span)
        return call.name_span if call is not None else span

    def referred(self, expression: Expression | None) -> list[tuple[Name, Declared]]:
        """The declarations that a clause such as `from [a, b.train]` names, with the names as they are written."""
        items = expression.items if isinstance(expression, ListOf) else (expression,)
        found = []
        for item in items:
            if not isinstance(item, Name):
                continue
            names = self.builder.program.owners(item.parts, item.span.file)
            declared = next((self._by_name[name] for name in names if name in self._by_name), None)
            if declared is not None:
                found.append((item, declared))
        return found

    def sample(self, node: str) -> Sample | None:
        """A look into the local file that a source reads; None where there is none to look into."""
        return self.builder.look(self.nodes[node])

    def base(self, training: Declared) -> ModelSeen | None:
        """The settings of the model that a training stands on in the end; None where they are not at hand."""
        return self.model_seen(training.entity.node)

    def model_seen(self, model: str) -> ModelSeen | None:
        """The settings of the model that one stands on in the end."""
        node = self.nodes[model]
        while node.op == "train":
            node = self.nodes[expect(Ref, node.params["base"]).node]
        return self.builder.look_at_model(node)


def call_of(statement: Statement) -> Call | None:
    """The call that a statement is; a bare name counts as one."""
    value = statement.value if isinstance(statement, Stage) else None
    if isinstance(value, Name):
        return Call(value.text, (), value.span, value.span, parenthesised=False)
    return value if isinstance(value, Call) else None


def argument(call: Call | None, name: str) -> Argument | None:
    """The argument of that name as it is written."""
    return next((a for a in call.arguments if a.name == name), None) if call is not None else None


def condition(statement: Statement) -> Expression | None:
    """What a `keep`, `drop` or `check` asks, or a constraint demands."""
    if isinstance(statement, Keep | Check):
        return statement.condition
    return statement.value if isinstance(statement, Stage | Let) else None
