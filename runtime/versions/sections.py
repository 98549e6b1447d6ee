"""What the report of a version says of a data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunec.compiler.licences import Conflict, conflicts
from tunec.runtime.store.published import rows_of
from tunec.runtime.versions.rules import shown
from tunec.runtime.versions.why import Life, sample_of

_SAMPLES = 3  # rows shown of what a rule dropped
_KEPT = 5  # rows shown of what stayed


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a rule dropped, with a few of the rows. `share` is of all rows that entered."""

    stage: str
    rule: str
    name: str
    place: str
    count: int
    share: float
    samples: tuple[Life, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What the report says of one data set."""

    name: str
    doc: str
    entered: int
    splits: Mapping[str, int]
    shares: Mapping[str, Mapping[str, float]]
    dropped: tuple[Dropped, ...]
    kept: tuple[Mapping[str, str], ...]
    benchmarks: tuple[str, ...]
    leaks: tuple[Mapping[str, Any], ...]  # what each `decontaminate` found: `place`, `classes`, `benchmarks`
    masked: Mapping[str, int]  # places by kind


def section(version: Path, name: str, manifest: Mapping[str, Any]) -> Section:
    """What the report says of a data set."""
    import polars as pl

    from tunec.compiler.types import FIELDS, RowType
    from tunec.runtime.rows.frame import derived
    from tunec.runtime.versions.diff import shares_of

    target = manifest["targets"][name]
    ledger = pl.scan_parquet(version / "ledger" / f"{name}.parquet", glob=False)
    drops = ledger.filter(pl.col("node").is_not_null()).group_by("node", "rule").len().collect()
    order = {node: number for number, node in enumerate(_nodes(manifest))}
    dropped = []
    for node, rule, count in sorted(drops.iter_rows(), key=lambda r: (order.get(r[0], 0), -r[2], r[1])):
        samples = sample_of(ledger, name, manifest, node, rule, count, _SAMPLES)
        stated = manifest["rules"].get(node, {}).get(rule, {})
        known = manifest["nodes"][node]
        location = stated.get("place") or known["place"]
        stage = known["op"].split(".")[-1]
        named, share = shown(manifest, node, rule), count / max(1, target["entered"])
        dropped.append(Dropped(stage, named, stated.get("name", ""), location, count, share, tuple(samples)))
    rows = rows_of(version, name)
    kind = RowType(manifest["row_types"][name])
    fields = [f for f in ("prompt", "response", "chosen", "rejected", "text") if f in FIELDS[kind]]
    fields = [f for f in fields if f != "text" or len(fields) == 1]
    few = rows[rows["id"].arg_sort().head(_KEPT)].select("id", *(derived(kind, f).alias(f) for f in fields))
    return Section(
        name,
        target["doc"],
        target["entered"],
        target["splits"],
        shares_of(rows, kind, manifest),
        tuple(dropped),
        tuple(few.iter_rows(named=True)),
        tuple(target["benchmarks"]),
        tuple(_leaks(manifest, name)),
        masked(manifest, name),
    )


def _leaks(manifest: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """What the checks of a data set against benchmarks found, under the names that the spec gives them. Data sets may
    share one, or take it over from the data set that they are made of."""
    above = nodes_above(manifest["graph"], name)
    for step in manifest["steps"]:
        for node in step.get("nodes", ()):
            known = manifest["nodes"].get(node["node"], {})
            if "benchmarks" in node.get("findings", {}) and known.get("id") in above:
                benchmarks = [
                    {**found, "name": (manifest["origins"].get(found["origin"]) or [found["origin"]])[0]}
                    for found in node["findings"]["benchmarks"]
                ]
                yield {**node["findings"], "place": known["place"], "benchmarks": benchmarks}


def reported(manifest: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The checks of a data set against benchmarks that kept what they found: the names of the benchmarks, the rows, and
    how many of them matched."""
    return [
        {"names": [b["name"] for b in found["benchmarks"]], "rows": found["rows"], "kept": found["kept"]}
        for found in _leaks(manifest, name)
        if "kept" in found
    ]


def masked(manifest: Mapping[str, Any], name: str) -> dict[str, int]:
    """How many places of each kind the stages of a data set masked."""
    above, counts = nodes_above(manifest["graph"], name), dict[str, int]()
    for step in manifest["steps"]:
        for node in step.get("nodes", ()):
            if manifest["nodes"].get(node["node"], {}).get("id") in above:
                for kind, count in node.get("findings", {}).get("masked", {}).items():
                    counts[kind] = counts.get(kind, 0) + count
    return counts


def licence_conflicts(manifest: Mapping[str, Any], name: str) -> list[Conflict]:
    """Which licences of the sources of a data set do not go together, or not with that of the spec."""
    above = nodes_above(manifest["graph"], name)
    licences = {
        manifest["origins"].get(origin, [origin])[0]: licence
        for origin, licence in manifest["licences"].items()
        if manifest["nodes"].get(origin, {}).get("id") in above
    }
    return conflicts(dict(sorted(licences.items())), str(manifest["spec"]["license"]))


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


def _nodes(manifest: Mapping[str, Any]) -> list[str]:
    """The nodes as the ledger names them, in the order of the steps."""
    return [str(node["node"]) for step in manifest["steps"] for node in step.get("nodes", ())]
