"""Publishes a build: writes the files of a version, checks the promises on the final bytes, and gives it its name.

A published version never changes. What `build/NAME` shows beside its files, the manifest and the cards, is that of the
latest build: names and places in the spec may have moved since the version was first published.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.compiler.graph import Graph, canonical, digest
from tunec.compiler.lowered import Field, Json, Lowered, Ref, expect_items, rebuilt, shares_of
from tunec.compiler.types import RowType
from tunec.compiler.wording import text_of
from tunec.runtime.parallel import workers
from tunec.runtime.rows import write_parquet
from tunec.runtime.store.files import link_or_copy, within, write_atomically
from tunec.runtime.store.published import VersionDamaged, manifest_of, versions_in
from tunec.runtime.store.store import Store
from tunec.runtime.versions.card import write_card
from tunec.runtime.versions.contents import canonical_indented, content_hash, contents_of, intact
from tunec.runtime.versions.ledger import make_ledger, training_ledger
from tunec.runtime.versions.manifest import make_manifest, node_names
from tunec.runtime.versions.numbers import check_number
from tunec.runtime.versions.promises import check_benchmarks, compared_with, write_benchmarks
from tunec.runtime.versions.publication import Publication
from tunec.runtime.versions.report import write_report
from tunec.runtime.versions.showing import show

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Published:
    """A published version: its id (`NAME@VERSION+HASH`), its folder in the store, and the folder for people."""

    version: str
    folder: Path
    out: Path


def publish(publication: Publication, out: Path, run: dict[str, Json]) -> Published:
    """Write a version, put it in the store unless it is there, and show it under `out`. `run` tells of the build.

    Raises PromiseBroken, and VersionTaken where other content is published under the number.
    """
    graph, store = publication.graph, publication.results.store
    draft = store.temporary()
    try:
        facts = _write_targets(publication, draft)
        contents = contents_of(draft)
        identity = f"{graph.spec['version']}+{content_hash(contents)[:12]}"
        version = f"{graph.spec['name']}@{identity}"
        manifest = make_manifest(publication, facts, contents, version)
        target = within(store.root / "versions", f"{graph.spec['name']}/{identity}")
        _set_damaged_aside(store, target)
        check_number(store.root, draft, manifest)
        # Through JSON once, so that the checksum is that of what a reader gets.
        plain = json.loads(canonical(manifest))
        write_atomically(draft / "manifest.json", canonical_indented({**plain, "check": digest(plain)}))
        _describe(draft, manifest, publication)
        place = within(out, str(graph.spec["name"]))
        run = {**run, "store": os.path.relpath(store.root.resolve(), place.resolve())}
        write_atomically(draft / "run.json", canonical_indented(run))
        show(draft, place)
        if not target.exists():
            store.publish(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Published(version, target, place)


def _write_targets(publication: Publication, draft: Path) -> dict[str, dict[str, Json]]:
    """Write the files of every target; gives what the manifest says of each."""
    results, graph = publication.results, publication.graph
    nodes = [graph.targets[name].node for name in publication.targets]
    with ThreadPoolExecutor(1) as pool:
        benchmarks = pool.submit(write_benchmarks, results, [n for n in nodes if graph.node(n).rows], draft)
        facts = {name: _target(publication, name, draft) for name in publication.targets}
        benchmarks.result()
    results.release()
    publication.screen.forget()
    return facts


def _describe(draft: Path, manifest: dict[str, Json], publication: Publication) -> None:
    """Write the report and the cards of a version, which lies in `draft` with its manifest."""
    with ThreadPoolExecutor(workers()) as pool:
        report = pool.submit(write_report, draft, draft / "report.html")
        for name in publication.targets:
            if publication.graph.targets[name].kind == "dataset":
                write_card(draft, name, manifest)
        report.result()


def _set_damaged_aside(store: Store, target: Path) -> None:
    """Set damaged versions of the spec aside: of the one to be published every file is looked at, of others the
    manifest."""
    for version in versions_in(store.root, target.parent.name):
        try:
            manifest_of(version.folder)
            whole = version.folder != target or intact(target)
        except VersionDamaged:
            whole = False
        if not whole:
            store.warn(f"damaged: {version.name} is not as it was published; it is set aside")
            store.put_aside(version.folder)


def _target(publication: Publication, name: str, folder: Path) -> dict[str, Json]:
    kind = publication.graph.targets[name].kind
    if kind == "dataset":
        return _dataset(publication, name, folder)
    if kind == "train":
        _model(publication, name, folder)
    elif kind == "evaluate":
        _evaluation(publication, name, folder)
    return {}


def _dataset(publication: Publication, name: str, folder: Path) -> dict[str, Json]:
    import polars as pl

    graph, results = publication.graph, publication.results
    node = graph.node(graph.targets[name].node)
    rows = results.rows(node.id)
    kind = node.rows or RowType.TEXT
    splits = [str(s) for s in dict(rows["split"].value_counts().iter_rows())] if "split" in rows.columns else ["train"]
    order = [key for key, _ in _split_shares(graph, node.id)] or sorted(splits)
    place = folder / "datasets" / name
    place.mkdir(parents=True)
    (folder / "ledger").mkdir(exist_ok=True)
    parts = {s: rows.filter(pl.col("split") == s).drop("split") if "split" in rows.columns else rows for s in order}
    benchmarks = compared_with(results, node.id)
    ledger = make_ledger(results, node.id)
    with ThreadPoolExecutor(workers()) as pool:
        # Packing and looking for benchmark items each take a while, and do not need each other.
        written = [
            pool.submit(write_parquet, ledger, folder / "ledger" / f"{name}.parquet"),
            *(pool.submit(write_parquet, _published(p, kind), place / f"{s}-00000.parquet") for s, p in parts.items()),
        ]
        check_benchmarks(name, rows, [results.rows(b) for b in benchmarks], publication.screen)
        for done in written:
            done.result()
    return {
        "splits": {split: part.height for split, part in parts.items()},
        "benchmarks": [graph.origins.get(a, (a,))[0] for a in benchmarks],
        "rows": rows.height,
        "entered": ledger.height,
        "doc": graph.targets[name].doc,
    }


def _published(rows: pl.DataFrame, kind: RowType) -> pl.DataFrame:
    """The columns that users get: identity without position, content without an empty `system`, the rest."""
    import polars as pl

    hidden = {"position", "split"}
    if kind is RowType.INSTRUCTION and not rows.select((pl.col("system") != "").any()).item():
        hidden.add("system")
    return rows.select(c for c in rows.columns if c not in hidden)


def _split_shares(graph: Graph, node_id: str) -> list[tuple[str, float]]:
    node = graph.node(node_id)
    while node.op.startswith("stages."):
        if node.op == "stages.split":
            return [(str(name), share) for name, share in shares_of(node.params)]
        node = graph.node(node.inputs[0])
    return []


def _model(publication: Publication, name: str, folder: Path) -> None:
    node = publication.graph.targets[name].node
    step = publication.results.folder(node)
    place = folder / "models" / name
    shutil.copytree(step / "model", place, copy_function=link_or_copy)
    link_or_copy(str(step / "training.json"), str(place / "training.json"))
    (folder / "ledger").mkdir(exist_ok=True)
    write_parquet(training_ledger(publication.results, node), folder / "ledger" / f"{name}.parquet")


def _evaluation(publication: Publication, name: str, folder: Path) -> None:
    graph = publication.graph
    target = graph.targets[name]
    step = publication.results.folder(target.node)
    scores = json.loads((step / "scores.json").read_text(encoding="utf-8"))
    calls = expect_items(graph.node(target.node).params["measures"])
    measures = [text_of(_with_names(call, node_names(graph)), publication.catalogue) for call in calls]
    origins = {publication.results.origin(i): n[0] for i, n in graph.origins.items()}
    named: list[Json] = [
        {
            "measure": measure,
            "models": {m: _renamed(v, origins) for m, v in zip(target.names, s["models"], strict=True)},
        }
        for measure, s in zip(measures, scores, strict=True)
    ]
    place = folder / "evaluations"
    place.mkdir(exist_ok=True)
    (place / f"{name}.json").write_text(canonical_indented(named), encoding="utf-8")


def _with_names(call: Lowered, names: Mapping[str, str]) -> Lowered:
    """A call with the names of declarations in place of references to their nodes, for people."""

    def named(part: Lowered) -> Lowered:
        return Field(names[part.node]) if isinstance(part, Ref) and part.node in names else part

    return rebuilt(call, named)


def _renamed(numbers: dict[str, Json], origins: Mapping[str, str]) -> dict[str, Json]:
    by_origin = numbers.get("by_origin")
    if not isinstance(by_origin, Mapping):
        return numbers
    return {**numbers, "by_origin": {origins.get(origin, origin): number for origin, number in by_origin.items()}}
