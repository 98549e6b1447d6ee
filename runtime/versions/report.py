"""The report of a version: one HTML file that needs nothing else, and runs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.licences import strictest
from tunec.runtime.store.published import data_sets, manifest_of, rows_of

if TYPE_CHECKING:
    from tunec.runtime.versions.diff import Diff
    from tunec.runtime.versions.why import Life

TEMPLATE = "report.html.j2"
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


def write_report(version: Path, target: Path, diff: Diff | None = None) -> None:
    """Write the report of a version, with a comparison where one is given."""
    from tunec.runtime.store.files import write_atomically

    write_atomically(target, render_report(version, diff))


def render_report(version: Path, diff: Diff | None = None) -> str:
    """The report as HTML. What data and specs say is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    manifest = manifest_of(version)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )
    environment.filters["number"] = lambda value: f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    environment.filters["percent"] = lambda value: f"{value:.1%}"
    licences = list(manifest["licences"].values())
    return environment.get_template(TEMPLATE).render(
        manifest=manifest,
        spec=manifest["spec"],
        licence=strictest([*licences, *filter(None, [manifest["spec"]["license"]])]),
        steps=[s for s in manifest["steps"] if "nodes" in s],
        sections=[_section(version, manifest, name) for name in data_sets(version)],
        scores=_scores(version),
        trained=_trained(version, manifest),
        diff=diff,
        changes=[asdict(s) for s in diff.steps] if diff is not None else [],
    )


def _section(version: Path, manifest: dict[str, Any], name: str) -> Section:
    import polars as pl

    from tunec.compiler.types import FIELDS, RowType
    from tunec.runtime.rows import derived
    from tunec.runtime.versions.diff import shares_of
    from tunec.runtime.versions.why import sample_of

    target = manifest["targets"][name]
    ledger = pl.scan_parquet(version / "ledger" / f"{name}.parquet", glob=False)
    fallen = ledger.filter(pl.col("node").is_not_null()).group_by("node", "rule").len().collect()
    order = {node: number for number, node in enumerate(_nodes(manifest))}
    dropped = []
    for node, rule, count in sorted(fallen.iter_rows(), key=lambda r: (order.get(r[0], 0), -r[2], r[1])):
        samples = sample_of(ledger, name, manifest, node, rule, count, _SAMPLES)
        said = manifest["rules"].get(node, {}).get(rule, {})
        known = manifest["nodes"][node]
        place = said.get("place") or known["place"]
        stage = known["op"].split(".")[-1]
        dropped.append(
            Dropped(stage, rule, said.get("name", ""), place, count, count / max(1, target["entered"]), tuple(samples))
        )
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
    )


def _leaks(manifest: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """What the checks of a data set against benchmarks found, under the names that the spec gives them. Data sets may
    share one, or take it over from the data set that they are made of."""
    above = _above(manifest["graph"], name)
    for step in manifest["steps"]:
        for node in step.get("nodes", ()):
            known = manifest["nodes"].get(node["node"], {})
            if node.get("findings") and known.get("id") in above:
                benchmarks = [
                    {**found, "name": (manifest["origins"].get(found["origin"]) or [found["origin"]])[0]}
                    for found in node["findings"]["benchmarks"]
                ]
                yield {**node["findings"], "place": known["place"], "benchmarks": benchmarks}


def _above(graph: dict[str, Any], name: str) -> set[str]:
    """The nodes whose rows become those of a target."""
    nodes = {node["id"]: node for node in graph["nodes"]}
    todo, found = [graph["targets"][name]["node"]], set[str]()
    while todo:
        node = nodes[todo.pop()]
        if node["id"] not in found:
            found.add(node["id"])
            # What else a node reads, only its arguments name.
            todo += node["inputs"] if node["op"] == "concat" else node["inputs"][:1]
    return found


def _nodes(manifest: dict[str, Any]) -> list[str]:
    """The nodes as the ledger names them, in the order of the steps."""
    return [str(node["node"]) for step in manifest["steps"] for node in step.get("nodes", ())]


def _scores(version: Path) -> list[dict[str, Any]]:
    """For each measure the numbers of the models side by side."""
    found = []
    for path in sorted((version / "evaluations").glob("*.json")):
        for score in json.loads(path.read_text(encoding="utf-8")):
            models = score["models"]
            names = dict.fromkeys(k for n in models.values() for k, v in n.items() if isinstance(v, int | float))
            rows = [(name, [numbers.get(name) for numbers in models.values()]) for name in names]
            found.append({"name": path.stem, "measure": score["measure"], "models": list(models), "rows": rows})
    return found


def _trained(version: Path, manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for name, target in manifest["targets"].items():
        path = version / "models" / name / "training.json"
        if target["kind"] == "train" and path.exists():
            said = json.loads(path.read_text(encoding="utf-8"))
            points = [(entry["step"], entry["loss"]) for entry in said["log"]]
            found.append({"name": name, "summary": said["summary"], "line": _line(points), "losses": points})
    return found


def _line(points: list[tuple[int, float]], width: int = 560, height: int = 120) -> str:
    """The points of an SVG polyline through a training's losses."""
    if len(points) < 2:
        return ""
    steps, losses = [p[0] for p in points], [p[1] for p in points]
    low, high = min(losses), max(losses)
    span = (high - low) or 1.0
    across = max(1, steps[-1] - steps[0])
    return " ".join(
        f"{(step - steps[0]) / across * width:.1f},{height - (loss - low) / span * height:.1f}" for step, loss in points
    )
