"""What a build would do: the steps in order, which of them are stored already, and for the others the reason to run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Graph, Node, parted, variants_of
from tunec.compiler.lowered import Call, Json, expect
from tunec.compiler.planning.fingerprint import fingerprints
from tunec.compiler.planning.reasons import entries, items, reason
from tunec.compiler.planning.steps import VALUES, Step, steps_of
from tunec.dsl.record import record

#: Nodes that fine-tune a model to learn a number, and keep nothing of it: of subsets, of sizes, and of random rows.
TRIALS = ("trial", "sized", "beside")


@record
class Planned:
    """A step of a plan. `reason` is empty where the result is stored already."""

    step: Step
    label: str
    fingerprint: str
    cached: bool
    reason: str


@record
class Plan:
    """The steps in the order in which they run; `prints` are the fingerprints of all nodes."""

    graph: Graph
    steps: tuple[Planned, ...]
    prints: Mapping[str, str]
    parts: Mapping[str, Mapping[str, Json]]

    @property
    def pending(self) -> tuple[Planned, ...]:
        """The steps that would run."""
        return tuple(s for s in self.steps if not s.cached)


def make_plan(
    graph: Graph,
    catalogue: Catalogue,
    parts: Mapping[str, Mapping[str, Json]],
    stored: Callable[[str], bool],
    before: Mapping[str, Mapping[str, Json]],
    targets: Iterable[str] | None = None,
    forced: Iterable[str] = (),
) -> Plan:
    """Plan a build. `parts` are the ingredients of all nodes; `stored` tells whether a fingerprint's result is there;
    `before` holds the ingredients of the last build's steps by label, which is what reasons are found by; `forced`
    names targets to build anew."""
    prints = fingerprints(parts)
    anew = {*forced, *variants_of(graph, forced)}
    forced_nodes = {graph.targets[name].node for name in anew if name in graph.targets}
    # All that a target does, not only the last of it; what other declarations made for it stays.
    forced_nodes |= _owned(graph, anew)
    planned = []
    for step, label in zip(*_labelled(graph, steps_of(graph, catalogue, targets)), strict=True):
        cached = stored(prints[step.id]) and step.id not in forced_nodes
        why = "" if cached else _reason(step, label, parts, before, step.id in forced_nodes)
        planned.append(Planned(step, label, prints[step.id], cached, why))
    return Plan(graph, tuple(planned), prints, parts)


def _owned(graph: Graph, names: Iterable[str]) -> set[str]:
    """The nodes that belong to these declarations, or to these variants of them: early stages of a target may depend
    on fewer of the varied names than it does."""
    wanted: dict[str, list[set[tuple[str, str]]]] = {}
    for declared, variant in map(parted, names):
        wanted.setdefault(declared, []).append({*variant})
    owned = {node: parted(owner) for node, owner in graph.owners.items()}
    return {
        node
        for node, (declared, variant) in owned.items()
        if any(labels.issuperset(variant) for labels in wanted.get(declared, ()))
    }


def _labelled(graph: Graph, steps: list[Step]) -> tuple[list[Step], list[str]]:
    labels: list[str] = []
    for step in steps:
        names = graph.origins.get(step.id, ())
        owner = names[0] if names else graph.owners.get(step.id, "")
        words = [] if names or step.nodes[-1].rows is None else [n.op.split(".")[-1] for n in step.nodes]
        if step.op in TRIALS:
            words = _trial_words(step.nodes[-1])
        label = f"{owner} · {' '.join(words)}" if words else owner
        while label in labels:
            label += "′"
        labels.append(label)
    return steps, labels


def _trial_words(node: Node) -> list[str]:
    """What a trial is called: those of subsets by the subset, random ones after the trial that they stand beside."""
    if node.op == "trial":
        return ["trial", str(expect(Call, node.params["subset"]).args["count"])]
    return ["trial", str(node.params["number"]), *(["random"] if node.op == "beside" else [])]


def _reason(
    step: Step,
    label: str,
    parts: Mapping[str, Mapping[str, Json]],
    before: Mapping[str, Mapping[str, Json]],
    forced: bool,
) -> str:
    if forced:
        return "forced"
    if label not in before:
        return "new"
    return reason(step, before[label], merge(step, parts))


def merge(step: Step, parts: Mapping[str, Mapping[str, Json]]) -> dict[str, Json]:
    """The ingredients of a step: those of its nodes, and of what comes from outside of it the fingerprints, of models
    the ingredients too."""
    own = [parts[n.id] for n in step.nodes]
    merged: dict[str, Json] = {key: [p[key] for p in own] for key in ("operator", "arguments", "outside")}
    pairs = (zip(n.inputs, items(parts[n.id]["inputs"]), strict=True) for n in step.nodes)
    prints = {source: fingerprint for pair in pairs for source, fingerprint in pair}
    models: list[Json] = [dict(parts[i]) for i in step.inputs if _is_model(parts[i])]
    return {**merged, "inputs": [prints[i] for i in step.inputs], "models": models}


def _is_model(part: Mapping[str, Json]) -> bool:
    return any(op.split(".")[0] in VALUES for op in entries(part["operator"]))
