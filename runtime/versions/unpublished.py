"""A build of which a check does not hold, left to be looked at as a version would be. It is none, and has no number."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

from tunec.compiler.graph import canonical, digest
from tunec.compiler.lowered import Json
from tunec.compiler.planning.plan import Planned
from tunec.runtime.store.files import read_object, within, write_atomically
from tunec.runtime.store.results import Results
from tunec.runtime.store.store import Store
from tunec.runtime.versions.contents import canonical_indented, contents_of, descriptions_of
from tunec.runtime.versions.manifest import make_manifest
from tunec.runtime.versions.publication import Publication
from tunec.runtime.versions.publish import describe, write_targets
from tunec.runtime.versions.showing import check_ours, keep_changed, show


def leave(publication: Publication, at: Planned, reason: str, out: Path, run: dict[str, Json]) -> Path:
    """Write the data set of a check as it is there, and the targets that are whole, to `OUT/NAME-unpublished`."""
    publication = _so_far(publication, at)
    graph, store = publication.graph, publication.results.store
    name = f"{graph.spec['name']}-unpublished"
    draft = store.temporary()
    try:
        facts = write_targets(publication, draft)
        version = f"{name}@{graph.spec['version']}"
        manifest = {**make_manifest(publication, facts, contents_of(draft), version), "unpublished": reason}
        plain = json.loads(canonical(manifest))
        write_atomically(draft / "manifest.json", canonical_indented({**plain, "check": digest(plain)}))
        describe(draft, manifest, publication, run)
        shown = within(out, name)
        run = {**run, "store": os.path.relpath(store.root.resolve(), shown.resolve()), "files": descriptions_of(draft)}
        write_atomically(draft / "run.json", canonical_indented({**run, "check": digest(run)}))
        show(draft, shown, store)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return shown


def forget(name: str, out: Path, store: Store) -> None:
    """Remove what a build of a spec left, once a later one is published. Another spec may be called so."""
    folder = within(out, f"{name}-unpublished")
    if (folder / "manifest.json").exists():
        check_ours(folder)
        if "unpublished" in read_object(folder / "manifest.json"):
            keep_changed(folder, store)
            shutil.rmtree(folder, ignore_errors=True)


def _so_far(publication: Publication, at: Planned) -> Publication:
    """The publication of what is stored: the data set of the check as it is at the check, and what is whole."""
    results, plan = publication.results, publication.plan
    done = {s.step.id for s in plan.steps if results.store.has(s.fingerprint)}
    owner = plan.graph.owners.get(at.step.id, "")
    targets = {name: t for name, t in plan.graph.targets.items() if name in publication.targets and t.node in done}
    if owner in plan.graph.targets:
        targets[owner] = replace(plan.graph.targets[owner], node=at.step.id)
    steps = tuple(s for s in plan.steps if s.step.id in done)
    made = replace(plan, graph=replace(plan.graph, targets=targets), steps=steps)
    return replace(publication, results=Results(made, results.store), targets=tuple(targets))
