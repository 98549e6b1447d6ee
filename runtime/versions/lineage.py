"""Where a model of a version comes from: what it was merged of and trained on, and what that was checked against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A model on the way to another, `depth` steps below it. `checked` are the benchmarks that its training rows were
    compared with and rows dropped for; `licences` those of the sources of its rows."""

    depth: int
    name: str
    made: str  # `merge`, `train` or `model`
    rows: str  # the data set that it was trained on, where there is one
    checked: tuple[str, ...]
    licences: tuple[str, ...]


def owners_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The declaration that each node belongs to."""
    return {node["id"]: node["owner"] or node["id"] for node in manifest["nodes"].values()}


def lineage(manifest: Mapping[str, Any], name: str) -> list[Ancestor]:
    """As `lineage_of`, of the model that is a target of the version."""
    return lineage_of(manifest, manifest["graph"]["targets"][name]["node"])


def lineage_of(manifest: Mapping[str, Any], model: str) -> list[Ancestor]:
    """A model and all that it is made of, each before what it is made of itself. The same model is told once."""
    nodes = {node["id"]: node for node in manifest["graph"]["nodes"]}
    owners = owners_of(manifest)
    licences = {manifest["nodes"][origin]["id"]: licence for origin, licence in manifest["licences"].items()}
    seen: set[str] = set()

    def walk(node_id: str, depth: int) -> Iterator[Ancestor]:
        if node_id in seen:
            return
        seen.add(node_id)
        node = nodes[node_id]
        rows = node["inputs"][1] if node["op"] == "train" else ""
        made = node["op"] if node["op"] in ("merge", "train") else "model"
        above = _above(nodes, rows) if rows else []
        yield Ancestor(
            depth,
            owners[node_id],
            made,
            owners[rows] if rows else "",
            tuple(dict.fromkeys(owners[b] for n in above for b in _benchmarks(n))),
            tuple(sorted({licences.get(n["id"], "") for n in above} - {""})),
        )
        for parent in node["inputs"] if made == "merge" else node["inputs"][:1] if made == "train" else ():
            yield from walk(parent, depth + 1)

    return list(walk(model, 0))


def _above(nodes: Mapping[str, Any], node_id: str) -> list[Any]:
    """The nodes whose rows become those of a node."""
    todo, found = [node_id], dict[str, Any]()
    while todo:
        node = nodes[todo.pop()]
        if node["id"] not in found:
            found[node["id"]] = node
            todo += node["inputs"] if node["op"] == "concat" else node["inputs"][:1]
    return list(found.values())


def _benchmarks(node: Mapping[str, Any]) -> list[str]:
    if node["op"] != "stages.decontaminate" or node["params"].get("action") != "drop":
        return []
    return [entry["ref"] for entry in node["params"]["against"]]
