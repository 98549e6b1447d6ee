"""Fingerprints: what a node's result depends on, hashed.

Operator names and versions, canonical arguments, fingerprints of the inputs, and the facts about the outside world that
the runtime supplies (content hashes of files, revisions and backends of models). Never a path, a name, a clock, the
layout of the spec, or an argument that cannot change the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Graph, Node, digest
from tunec.compiler.lowered import Json, Lowered, Stage, calls, entries_to_json, to_json, walk

Facts = Callable[[Node], Json]

#: Versions of the steps that are no operators of the catalogue. Raise one whenever its result may differ.
BUILT_IN = {"concat": 1, "part": 1, "generate": 1, "train": 1, "evaluate": 1}
#: How many hex digits of a fingerprint rows carry as their origin and ledgers as their node.
SHORT = 16


def ingredients(graph: Graph, catalogue: Catalogue, facts: Facts) -> dict[str, dict[str, Json]]:
    """What each node's fingerprint is made of, by node: `operator`, `arguments`, `inputs`, and `outside`."""
    parts: dict[str, dict[str, Json]] = {}
    prints: dict[str, str] = {}
    for node in graph.nodes:
        versions = {path: catalogue.at(path).version for path in calls(node.params)}
        if node.op in BUILT_IN:
            versions[node.op] = BUILT_IN[node.op]
        else:
            versions[node.op] = catalogue.at(node.op).version
        stages = (part.op for part in walk(node.params) if isinstance(part, Stage))
        versions |= {op: catalogue.at(op).version for op in stages}
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


def _arguments(node: Node, catalogue: Catalogue) -> dict[str, Json]:
    # A reference says which input; what that input is stands in `inputs`.
    places = {input_: place for place, input_ in enumerate(node.inputs)}
    return entries_to_json(_significant(node, catalogue), lambda ref: {"ref": places.get(ref, ref)})


def _significant(node: Node, catalogue: Catalogue) -> Mapping[str, Lowered]:
    if node.op in BUILT_IN:
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
