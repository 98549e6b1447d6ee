"""One graph of all variants of a spec: nodes are known by what they do, so what variants have in common is there once.

What differs is named `NAME@size=1k`, by those of the varied names that it depends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tunec.compiler.elaborate.assembly import in_order
from tunec.compiler.elaborate.vary import Variant
from tunec.compiler.graph import Graph, Target
from tunec.compiler.lowered import Json

#: The labels of a variant, one for each `vary`.
Labels = tuple[str, ...]


def merged(graphs: Sequence[tuple[Variant, Graph]]) -> Graph:
    """The graph of all variants; each has the same declarations."""
    first = graphs[0][1]
    names = [choice.name for choice in graphs[0][0]]
    if not names:
        return first
    every = {labels_of(variant): graph for variant, graph in graphs}
    naming = Naming(names)
    among: dict[str, set[Labels]] = {}
    for labels, graph in every.items():
        for node in graph.nodes:
            among.setdefault(node.id, set()).add(labels)
    nodes = {node.id: node for graph in every.values() for node in graph.nodes}
    known = {node: next(labels for labels in every if labels in among[node]) for node in nodes}

    places: dict[frozenset[Labels], list[int]] = {}  # few groups of variants have many nodes in common

    def named(node: str, name: str) -> str:
        of = frozenset(among[node])
        if of not in places:
            places[of] = naming.decisive({labels: labels in of for labels in every})
        return naming.name(name, known[node], places[of])

    params: dict[str, Json] = {**first.params}
    for place, name in enumerate(names):
        params[name] = [*dict.fromkeys(labels[place] for labels in every)]
    graph = replace(first, params=params, nodes=in_order(nodes), targets=_targets(every, naming))
    return replace(
        graph,
        spans={n: s for g in reversed(every.values()) for n, s in g.spans.items()},
        rule_spans={r: s for g in reversed(every.values()) for r, s in g.rule_spans.items()},
        labels={r: s for g in reversed(every.values()) for r, s in g.labels.items()},
        origins={
            node: tuple(dict.fromkeys(named(node, n) for g in every.values() for n in g.origins.get(node, ())))
            for node in nodes
            if any(node in g.origins for g in every.values())
        },
        owners={node: named(node, every[known[node]].owners[node]) for node in nodes},
    )


def labels_of(variant: Variant) -> Labels:
    """The labels of the items that a variant is made of."""
    return tuple(choice.label for choice in variant)


def _targets(every: Mapping[Labels, Graph], naming: Naming) -> dict[str, Target]:
    found: dict[str, Target] = {}
    for name in next(iter(every.values())).targets:
        nodes = {labels: graph.targets[name].node for labels, graph in every.items()}
        for labels, graph in every.items():
            places = naming.decisive({other: node == nodes[labels] for other, node in nodes.items()})
            variant = tuple((naming.names[place], labels[place]) for place in places)
            target = replace(graph.targets[name], declared=name, variant=variant)
            found.setdefault(naming.name(name, labels, places), target)
    return found


class Naming:
    """Names what belongs to some variants of all."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def decisive(self, values: Mapping[Labels, object]) -> list[int]:
        """The places of the varied names that a value depends on: it differs between two variants that differ in this
        name alone."""
        places = []
        for place in range(len(self.names)):
            others: dict[Labels, set[object]] = {}
            for labels, value in values.items():
                others.setdefault((*labels[:place], *labels[place + 1 :]), set()).add(value)
            if any(len(found) > 1 for found in others.values()):
                places.append(place)
        return places

    def name(self, name: str, labels: Labels, places: Iterable[int]) -> str:
        """The name of what depends on some of the varied names, as it is in a variant."""
        said = self.told(labels, places)
        return f"{name}@{said}" if said else name

    def told(self, labels: Labels, places: Iterable[int]) -> str:
        """What some of the varied names stand for in a variant: `size=1k,seed=2`."""
        return ",".join(f"{self.names[place]}={labels[place]}" for place in places)
