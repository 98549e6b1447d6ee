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
from typing import Any

from tunec.compiler.graph import canonical, digest
from tunec.compiler.lowered import Json
from tunec.runtime.base.parallel import workers
from tunec.runtime.store.files import files_under, within, write_atomically
from tunec.runtime.store.published import VersionDamaged, manifest_of, version_before, versions_in
from tunec.runtime.store.shared import send
from tunec.runtime.store.store import Store
from tunec.runtime.versions.contents import canonical_indented, content_hash, contents_of, descriptions_of, intact
from tunec.runtime.versions.diff import compare
from tunec.runtime.versions.kinds import kind_of
from tunec.runtime.versions.manifest import make_manifest
from tunec.runtime.versions.numbers import check_number
from tunec.runtime.versions.promises import write_benchmarks
from tunec.runtime.versions.publication import Publication
from tunec.runtime.versions.report.page import Built, prepare, write_report
from tunec.runtime.versions.showing import show

#: Rows of a version that its build compares with the version before; `tunec report` compares any number.
_COMPARED = 60_000
#: Bytes of the version before, all of which are read before it is compared.
_HASHED = 500_000_000


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
        with ThreadPoolExecutor(1) as pool:
            # While files are written, which needs little of Python.
            ready = pool.submit(prepare, {graph.targets[name].kind for name in publication.targets})
            facts = write_targets(publication, draft)
            ready.result()
        contents = contents_of(draft)
        identity = f"{graph.spec['version']}+{content_hash(contents)[:12]}"
        version = f"{graph.spec['name']}@{identity}"
        manifest = make_manifest(publication, facts, contents, version)
        target = within(store.root / "versions", f"{graph.spec['name']}/{identity}")
        _set_damaged_aside(store, target)
        check_number(store, draft, manifest)
        # Through JSON once, so that the checksum is that of what a reader gets.
        plain = json.loads(canonical(manifest))
        write_atomically(draft / "manifest.json", canonical_indented({**plain, "check": digest(plain)}))
        shown = within(out, str(graph.spec["name"]))
        run = {**run, **_variants(publication), "store": os.path.relpath(store.root.resolve(), shown.resolve())}
        describe(draft, manifest, publication, run)
        run = {**run, "files": descriptions_of(draft)}
        write_atomically(draft / "run.json", canonical_indented({**run, "check": digest(run)}))
        show(draft, shown, store)
        if not target.exists():
            store.publish(draft, target)
        send(store, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Published(version, target, shown)


def _variants(publication: Publication) -> dict[str, Json]:
    """What the variants of a spec came to, where it has some."""
    if not any(publication.graph.targets[name].variant for name in publication.targets):
        return {}
    from tunec.runtime.versions.variants import variants_of

    return {"variants": [*variants_of(publication)]}


def write_targets(publication: Publication, draft: Path) -> dict[str, dict[str, Json]]:
    """Write the files of every target; gives what the manifest says of each."""
    results, graph = publication.results, publication.graph
    nodes = {name: graph.targets[name].node for name in publication.targets}
    nodes = {name: node for name, node in nodes.items() if graph.node(node).rows}
    with ThreadPoolExecutor(1) as pool:
        benchmarks = pool.submit(write_benchmarks, results, nodes, draft, publication.screen)
        facts = {name: _write(publication, name, draft) for name in publication.targets}
        benchmarks.result()
    results.release()
    publication.forget()
    return facts


def _write(publication: Publication, name: str, draft: Path) -> dict[str, Json]:
    keyword = publication.graph.targets[name].kind
    write = kind_of(keyword).write
    if write is None:
        raise TypeError(f"`{name}`: nothing writes a target of the kind {keyword}")
    return write(publication, name, draft)


def describe(draft: Path, manifest: dict[str, Json], publication: Publication, run: dict[str, Json]) -> None:
    """Write the report and the cards of a version, which lies in `draft` with its manifest; `run` tells of a build."""
    with ThreadPoolExecutor(workers()) as pool:
        report = pool.submit(_report, draft, manifest, publication.results.store.root, run)
        for name in publication.targets:
            annotate = kind_of(publication.graph.targets[name].kind).annotate
            if annotate is not None:
                annotate(draft, name, manifest)
        report.result()


def _report(draft: Path, manifest: Mapping[str, Any], store: Path, run: Mapping[str, Json]) -> None:
    """The report, with what is new since the version before, where comparing them takes seconds and no longer."""
    before = version_before(store, manifest["version"])
    quick = before is not None and _rows(manifest) <= _COMPARED and _is_small(before)
    diff = compare(before, draft) if before is not None and quick and intact(before) else None
    write_report(draft, draft / "report.html", diff, Built(run, store))


def _rows(manifest: Mapping[str, Any]) -> int:
    """How many rows a version has."""
    return sum(sum(target.get("splits", {}).values()) for target in manifest["targets"].values())


def _is_small(version: Path) -> bool:
    """Whether a version has few rows, and so few bytes that its files are looked at in a moment."""
    try:
        few = _rows(manifest_of(version)) <= _COMPARED
    except VersionDamaged:
        return False
    return few and sum(path.stat().st_size for path in files_under(version).values()) <= _HASHED


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
            store.warn(f"damaged: {version.name} has changed since it was published; it is set aside")
            store.put_aside(version.folder)
