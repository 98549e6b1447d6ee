"""Builds a version again from nothing and compares: what a store or a manifest says is then no longer believed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.pipeline import Compiled
from tunec.runtime.building.build import Wanted, plan_build, run_build
from tunec.runtime.engine.step import Reporter
from tunec.runtime.sources.outside import Access
from tunec.runtime.store.published import manifest_of
from tunec.runtime.store.store import Store
from tunec.runtime.versions.contents import contents_of
from tunec.runtime.versions.verify import Check

PROMISE = "rebuilt the same"


def rebuild(
    version: Path, compiled: Compiled, spec: Path, access: Access, catalogue: Catalogue, reporter: Reporter
) -> Check:
    """Run every step of a spec in an empty store of its own, and compare every file with those of a version."""
    graph, sources = compiled.graph, compiled.sources
    assert graph is not None
    manifest = manifest_of(version)
    missing = [name for name in manifest["targets"] if name not in graph.targets]
    if missing:
        return Check(PROMISE, str(spec), tuple(f"{spec} has no target {name}" for name in missing))
    with tempfile.TemporaryDirectory(prefix="tunec-rebuild-") as folder:
        store, out = Store(Path(folder) / "store"), Path(folder) / "out"
        planning = plan_build(graph, catalogue, spec.parent, store, Wanted(tuple(manifest["targets"])), access)
        if planning.problems:
            return Check(PROMISE, str(spec), tuple(problem.message for problem in planning.problems))
        built = run_build(planning, catalogue, sources, out, reporter, True)
        assert built.published is not None
        made, anew = contents_of(built.published.folder), manifest_of(built.published.folder)
    said = f"{len(built.ran)} steps run again, {len(made)} files compared"
    published = contents_of(version)
    problems = [f"{name} is missing from what the spec makes" for name in published if name not in made]
    problems += [f"{name} is made by the spec and is not in the version" for name in made if name not in published]
    problems += [
        f"{name} differs from what the spec makes" for name, sha in published.items() if made.get(name, sha) != sha
    ]
    if problems and anew["recipe"] != manifest["recipe"]:
        problems.insert(0, "the spec, or something that it reads or is computed with, is not that of the version")
    return Check(PROMISE, said, tuple(problems))
