"""Fingerprints: what a node's result depends on, hashed.

Operator names and versions, canonical arguments, fingerprints of the inputs, and the facts about the outside world that
the runtime supplies (content hashes of files and resources, revisions and backends of models, versions of packages).
Never a path, a name, a clock, the layout of the spec, or an argument that cannot change the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tunec.compiler.catalogue import Catalogue, Operator
from tunec.compiler.graph import Graph, Node, digest
from tunec.compiler.lowered import Call, Json, Lowered, Stage, entries_to_json, to_json, walk

Facts = Callable[[Node], Json]

#: Versions above 1 of nodes that are no operators of the catalogue. Raise one whenever its result may differ.
RAISED: Mapping[str, int] = {"concat": 5, "generate": 3, "trial": 2}
#: How many hex digits of a fingerprint rows carry as their origin and ledgers as their node.
SHORT = 16


def ingredients(graph: Graph, catalogue: Catalogue, facts: Facts) -> dict[str, dict[str, Json]]:
    """What each node's fingerprint is made of, by node: `operator`, `arguments`, `inputs`, and `outside`."""
    parts: dict[str, dict[str, Json]] = {}
    prints: dict[str, str] = {}
    for node in graph.nodes:
        versions = {operator.path: operator.version for operator, _ in operators_of(node, catalogue)}
        if node.built_in:
            versions[node.op] = RAISED.get(node.op, 1)
        parts[node.id] = {
            "operator": versions,
            "arguments": {"params": _arguments(node, catalogue), "rows": node.rows and node.rows.value},
            "inputs": [prints[i] for i in node.inputs],
            "outside": facts(node),
        }
        prints[node.id] = digest(parts[node.id])
    return parts


def fingerprints(parts: Mapping[str, Mapping[str, Json]]) -> dict[str, str]:
    """The fingerprint of every node, from its ingredients."""
    return {node: digest(dict(part)) for node, part in parts.items()}


def operators_of(node: Node, catalogue: Catalogue) -> list[tuple[Operator, Mapping[str, Lowered]]]:
    """The operators that take part in a node, each with its arguments: its own, those of stages inside of it, and all
    that are called in arguments or are their defaults."""
    used = [] if node.built_in else [(catalogue.at(node.op), node.params)]
    for part in walk(node.params):
        match part:
            case Call(operator=path, args=arguments) | Stage(op=path, params=arguments):
                used.append((catalogue.at(path), arguments))
    for operator, arguments in tuple(used):
        used += _defaults(operator, arguments, catalogue)
    return used


def _defaults(
    operator: Operator, arguments: Mapping[str, Lowered], catalogue: Catalogue
) -> Iterator[tuple[Operator, Mapping[str, Lowered]]]:
    """The operators that parameters name where the spec says nothing: `first` of `dedup(keep: first)`."""
    for parameter in operator.parameters:
        name = arguments.get(parameter.name)
        if parameter.type.name == "operator" and isinstance(name, str):
            found = (catalogue.find(kind, name) for kind in parameter.type.words)
            yield from ((o, {p.name: p.default for p in o.parameters}) for o in found if o is not None)


def _arguments(node: Node, catalogue: Catalogue) -> dict[str, Json]:
    # A reference says which input; what that input is stands in `inputs`.
    places = {input_: place for place, input_ in enumerate(node.inputs)}
    return entries_to_json(_significant(node, catalogue), lambda ref: {"ref": places.get(ref, ref)})


def _significant(node: Node, catalogue: Catalogue) -> Mapping[str, Lowered]:
    if node.built_in:
        return node.params
    operator = catalogue.at(node.op)
    # A path says where data lies, not what it is; its content hash is among the facts.
    unimportant = {*operator.neutral, *operator.paths}
    return {k: v for k, v in node.params.items() if k not in unimportant}


def seed_of(op: str, params: Mapping[str, Lowered]) -> int:
    """The seed of a random choice: hash(seed of the spec, operator, its arguments), never the step's inputs."""
    plain = entries_to_json({k: v for k, v in params.items() if k != "seed"}, lambda _: "@")
    seed = to_json(params.get("seed", 0))
    return int(digest({"seed": seed, "operator": op, "arguments": plain}, 15), 16)
