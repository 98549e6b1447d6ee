"""The compiled graph: what the runtime executes, what golden files hold, and the door for other front ends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tunec.compiler.lowered import Json, Lowered, Ref, entries_to_json, rebuilt_entries
from tunec.compiler.types import RowType
from tunec.dsl.record import record
from tunec.dsl.secrets import masked, secrets_in
from tunec.dsl.source import Span

if TYPE_CHECKING:
    from hashlib import sha256
else:
    try:  # as `random` does: the interpreter's own SHA-256 loads without OpenSSL, which takes 3 ms of every start
        from _sha256 import sha256
    except ImportError:
        from hashlib import sha256


#: A part of a secret as long as this is one.
_TELLING = 6


@record
class Node:
    """One node. Its id is a hash of what it says, so equal nodes are one node; it holds no name and no span."""

    id: str
    op: str
    inputs: tuple[str, ...]
    params: Mapping[str, Lowered]
    rows: RowType | None
    cost: str

    @property
    def paths(self) -> tuple[str, ...]:
        """The files, patterns and URLs that it reads, where it reads any."""
        stated = self.params.get("path")
        given = stated if isinstance(stated, tuple) else (stated,)
        return tuple(path for path in given if isinstance(path, str))

    @property
    def built_in(self) -> bool:
        """Whether the node is of the language itself, and no operator of the catalogue."""
        return "." not in self.op


@record
class Target:
    """A declaration that a build can make: its kind, the node that makes it, and what a report says of it."""

    kind: str
    node: str
    doc: str = ""
    names: tuple[str, ...] = ()  # evaluate: the names of the models, in order
    declared: str = ""  # its name in the spec, where it is one of several variants: `scores` of `scores@size=1k`
    variant: tuple[tuple[str, str], ...] = ()  # the varied names that it depends on, each with the label of its item


@record
class Accepted:
    """A problem that the spec accepts with a comment: what was found, and the reason that is given."""

    code: str
    message: str
    reason: str


@record
class Graph:
    """A checked spec. `nodes` are in a stable topological order.

    `origins` names the declarations behind source and generation nodes; `labels` holds names given with `as`, by node
    and canonical rule text; `rule_spans` the places of rules. Names and spans are kept apart from the nodes, so that
    renaming and moving changes no node.
    """

    spec: Mapping[str, Json]
    params: Mapping[str, Json]
    nodes: tuple[Node, ...]
    spans: Mapping[str, Span]
    targets: Mapping[str, Target]
    origins: Mapping[str, tuple[str, ...]]
    rule_spans: Mapping[tuple[str, str], Span]
    labels: Mapping[tuple[str, str], str]
    owners: Mapping[str, str]  # the declaration that a node belongs to, for people
    accepted: tuple[Accepted, ...] = ()

    def node(self, node_id: str) -> Node:
        """The node of that id."""
        return next(n for n in self.nodes if n.id == node_id)


def canonical(value: Json) -> str:
    """Canonical JSON: sorted keys, no spaces, text as it is."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(value: Json, length: int = 64) -> str:
    """Hex digits of the SHA-256 of the canonical JSON of a value."""
    return sha256(canonical(value).encode()).hexdigest()[:length]


def make_node(op: str, inputs: tuple[str, ...], params: Mapping[str, Lowered], rows: RowType | None, cost: str) -> Node:
    """A node with its id: the operator's name and a hash of operator, inputs, arguments and row type."""
    said = {"op": op, "inputs": inputs, "params": entries_to_json(params), "rows": rows and rows.value}
    return Node(f"{op.split('.')[-1]}-{digest(said, 8)}", op, inputs, params, rows, cost)


def parted(name: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The name in the spec of what is named, and the varied names that it depends on with their labels: `chat` and
    `size` with `1k` of `chat@size=1k`."""
    declared, _, said = name.partition("@")
    pairs = [pair.partition("=") for pair in said.split(",") if pair]
    return declared, tuple((varied, label) for varied, _, label in pairs)


def variants_of(graph: Graph, names: Iterable[str]) -> list[str]:
    """The names of targets, with all variants in the place of a declaration that has several."""
    declared: dict[str, list[str]] = {}
    for name, target in graph.targets.items():
        if target.variant:
            declared.setdefault(target.declared, []).append(name)
    return [one for name in names for one in declared.get(name, [name])]


def with_targets(graph: Graph, names: Iterable[str]) -> Graph:
    """The graph with the generations of these names among its targets: they are built where they are asked for."""
    made = {name: node for node, known in graph.origins.items() for name in known if graph.node(node).op == "generate"}
    wanted = {*names}
    more: dict[str, Target] = {}
    for name, node in made.items():
        declared, variant = parted(name)
        if not wanted.isdisjoint((name, declared)):
            more[name] = Target("generate", node, declared=declared if variant else "", variant=variant)
    return replace(graph, targets={**graph.targets, **more}) if more else graph


def to_json(graph: Graph, places: Mapping[str, str] | None = None) -> dict[str, Json]:
    """The document of `tunec graph --format json`; `places` are `file:line:col` by node, or None to leave them out."""
    document: dict[str, Json] = {
        "tunec": 1,
        "spec": dict(graph.spec),
        "params": shown_params(graph),
        "nodes": [
            {
                "id": n.id,
                "op": n.op,
                "inputs": list(n.inputs),
                "params": _shown(n.params),
                "rows": n.rows and n.rows.value,
                "cost": n.cost,
            }
            for n in graph.nodes
        ],
        "targets": {name: {"kind": t.kind, "node": t.node} for name, t in graph.targets.items()},
    }
    if places is not None:
        document["spans"] = dict(places)
    return document


def shown_params(graph: Graph) -> dict[str, Json]:
    """The values of params as they may be written: without one that a URL holds where a secret may stand."""
    secrets = {secret for node in graph.nodes for path in node.paths for secret in secrets_in(path)}

    def shown(value: Json) -> Json:
        if not isinstance(value, str):
            return value
        return "***" if any(value == s or (len(value) >= _TELLING and value in s) for s in secrets) else masked(value)

    return {name: shown(value) for name, value in graph.params.items()}


def _shown(params: Mapping[str, Lowered]) -> dict[str, Json]:
    """Arguments as they may be written: of a URL without what may be a secret."""
    shown = entries_to_json(params)
    for name in ("path", "license"):
        match params.get(name):
            case str(text):
                shown[name] = masked(text)
            case tuple(texts):
                shown[name] = [masked(str(one)) for one in texts]
    return shown


def with_nodes(graph: Graph, nodes: Mapping[str, Node]) -> Graph:
    """The graph with each node replaced by `nodes[its id]`, what names nodes adjusted, and unreachable ones gone.

    Replaced nodes get new ids, so the ids of everything downstream change too.
    """
    renamed: dict[str, str] = {}
    rebuilt: dict[str, Node] = {}

    def moved(value: Lowered) -> Lowered:
        return Ref(renamed.get(value.node, value.node)) if isinstance(value, Ref) else value

    for old in graph.nodes:
        new = nodes.get(old.id, old)
        fresh = make_node(
            new.op, tuple(renamed[i] for i in new.inputs), rebuilt_entries(new.params, moved), new.rows, new.cost
        )
        renamed[old.id] = fresh.id
        rebuilt[fresh.id] = fresh
    wanted: set[str] = set()
    # A generation may be built by itself.
    generations = [node for node in graph.origins if graph.node(node).op == "generate"]
    todo = [renamed[node] for node in (*(t.node for t in graph.targets.values()), *generations)]
    while todo:
        current = todo.pop()
        if current not in wanted:
            wanted.add(current)
            todo += rebuilt[current].inputs
    return replace(
        graph,
        nodes=tuple(n for n in rebuilt.values() if n.id in wanted),
        spans={renamed[i]: s for i, s in graph.spans.items() if renamed[i] in wanted},
        targets={name: replace(t, node=renamed[t.node]) for name, t in graph.targets.items()},
        origins={renamed[i]: names for i, names in graph.origins.items() if renamed[i] in wanted},
        rule_spans={(renamed[i], rule): s for (i, rule), s in graph.rule_spans.items()},
        labels={(renamed[i], rule): s for (i, rule), s in graph.labels.items()},
        owners={renamed[i]: name for i, name in graph.owners.items() if renamed[i] in wanted},
    )
