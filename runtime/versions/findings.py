"""What stages found besides rows, and which licences meet: what cards and reports tell of a data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tunec.compiler.licences import Conflict, conflicts


def leaks(manifest: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """What the checks of a data set against benchmarks found, under the names that the spec gives them. Data sets may
    share one, or take it over from the data set that they are made of."""
    for node in recorded(manifest, name):
        if "benchmarks" in node.get("findings", {}):
            benchmarks = [
                {**found, "name": (manifest["origins"].get(found["origin"]) or [found["origin"]])[0]}
                for found in node["findings"]["benchmarks"]
            ]
            yield {**node["findings"], "place": manifest["nodes"][node["node"]]["place"], "benchmarks": benchmarks}


def reported(manifest: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The checks of a data set against benchmarks that kept what they found: the names of the benchmarks, the rows, and
    how many of them matched."""
    return [
        {"names": [b["name"] for b in found["benchmarks"]], "rows": found["rows"], "kept": found["kept"]}
        for found in leaks(manifest, name)
        if "kept" in found
    ]


def masked(manifest: Mapping[str, Any], name: str) -> dict[str, int]:
    """How many places of each kind the stages of a data set masked."""
    counts = dict[str, int]()
    for node in recorded(manifest, name):
        for kind, count in node.get("findings", {}).get("masked", {}).items():
            counts[kind] = counts.get(kind, 0) + count
    return counts


def shares(node: Mapping[str, Any]) -> dict[str, str]:
    """What the method of a generation counted, by what it is: `3 of 12 (25%)`."""
    counted = node.get("findings", {}).get("shares", {})
    return {what: f"{some:,} of {of:,} ({some / of:.0%})" for what, (some, of) in counted.items() if of}


def searched(node: Mapping[str, Any]) -> list[str]:
    """The sizes that a search tried, from the least on, with the losses of the choice and of as many random rows."""
    found = node.get("findings", {}).get("search")
    if found is None:
        return []
    lines = [f"{'rows':>9} {'loss':>9}" + (f" {'random':>9}" if found["curve"][0][2] is not None else "")]
    for rows, loss, random in sorted(found["curve"]):
        beside = "" if random is None else f" {random:>9.4f}"
        lines.append(f"{rows:>9,} {loss:>9.4f}{beside}" + ("  taken" if rows == found["rows"] else ""))
    return lines


def licence_conflicts(manifest: Mapping[str, Any], name: str) -> list[Conflict]:
    """Which licences of the sources of a data set do not go together, or not with that of the spec."""
    above = nodes_above(manifest["graph"], name)
    licences = {
        manifest["origins"].get(origin, [origin])[0]: licence
        for origin, licence in manifest["licences"].items()
        if manifest["nodes"].get(origin, {}).get("id") in above
    }
    return conflicts(dict(sorted(licences.items())), str(manifest["spec"]["license"]))


def recorded(manifest: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """What was recorded of the nodes whose rows became those of a target, in the order in which they ran."""
    above = nodes_above(manifest["graph"], name)
    for step in manifest["steps"]:
        for node in step.get("nodes", ()):
            if manifest["nodes"].get(node["node"], {}).get("id") in above:
                yield node


def nodes_above(graph: Mapping[str, Any], name: str) -> set[str]:
    """The nodes whose rows become those of a target."""
    nodes = {node["id"]: node for node in graph["nodes"]}
    todo, above = [graph["targets"][name]["node"]], set[str]()
    while todo:
        node = nodes[todo.pop()]
        if node["id"] not in above:
            above.add(node["id"])
            # What else a node reads, only its arguments name.
            todo += node["inputs"] if node["op"] == "concat" else node["inputs"][:1]
    return above
