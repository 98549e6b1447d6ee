"""Builds a compiled spec: plan, run what is missing, publish."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Graph, Node, digest, with_nodes
from tunec.compiler.plan import Plan, make_plan, merge
from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.source import Source
from tunec.runtime.engine import Engine, Reporter
from tunec.runtime.facts import Outside
from tunec.runtime.publish import Published, show
from tunec.runtime.store import Store

#: What `--only` may name, and the kinds of targets that it means.
ONLY = {"datasets": ("dataset",), "models": ("dataset", "train", "merge")}


@dataclass(frozen=True, slots=True)
class Planning:
    """A plan with what it was made of."""

    plan: Plan
    outside: Outside
    store: Store
    targets: tuple[str, ...]
    problems: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """The result of a build. `published` is None for samples. `ran` and `cached` are labels of steps."""

    planning: Planning
    engine: Engine
    published: Published | None
    ran: tuple[str, ...]
    cached: tuple[str, ...]
    seconds: float


def plan_build(
    graph: Graph,
    catalogue: Catalogue,
    folder: Path,
    store: Store,
    targets: Sequence[str] = (),
    only: str | None = None,
    forced: Iterable[str] = (),
    sample: int | None = None,
) -> Planning:
    """Plan a build of the given targets (all, without any). With problems among the files the plan cannot be run."""
    names = tuple(targets or graph.targets)
    if only is not None:
        names = tuple(n for n in names if graph.targets[n].kind in ONLY[only])
    if sample is not None:
        graph = sampled(graph, sample)
    outside = Outside(graph, catalogue, folder)
    # Every node gets its facts, also those that no target of this build needs: a fingerprint costs nothing.
    plan = make_plan(graph, catalogue, outside.facts, store.has, store.last(_key(graph)), names, forced)
    return Planning(plan, outside, store, names, tuple(dict.fromkeys(outside.problems)))


def sampled(graph: Graph, rows: int) -> Graph:
    """The same graph, small: every source gives at most `rows` rows, every generation makes at most `rows`."""

    def small(node: Node) -> Node:
        if node.op.startswith("connectors.") and "limit" in node.params:
            limit = node.params["limit"]
            return replace(node, params={**node.params, "limit": rows if limit is None else min(limit, rows)})
        if node.op == "generate":
            until = node.params["until"]
            bounds = {k: min(until[k], rows) if until[k] is not None else None for k in ("rows", "requests")}
            return replace(node, params={**node.params, "until": {**until, **bounds}})
        return node

    return with_nodes(graph, {n.id: small(n) for n in graph.nodes})


def run_build(
    planning: Planning,
    catalogue: Catalogue,
    sources: Mapping[str, Source],
    out: Path,
    reporter: Reporter,
    publishing: bool,
) -> Built:
    """Run a plan and publish what it made. A build with nothing to do publishes nothing anew."""
    began = time.monotonic()
    plan, store = planning.plan, planning.store
    store.prepare()
    engine = Engine(plan, catalogue, store, planning.outside.folder, reporter)
    ran = tuple(s.label for s in plan.pending)
    cached = tuple(s.label for s in plan.steps if s.cached)
    engine.run()
    store.remember(_key(plan.graph), {s.label: merge(s.step, plan.parts) for s in plan.steps})
    published = None
    if publishing:
        published = current(planning, sources, out)
        if published is None:
            from tunec.runtime.publish import publish

            run = _run(engine, ran, cached, time.monotonic() - began)
            published = publish(engine, planning.outside, dict(sources), list(planning.targets), out, run)
            _remember_version(planning, sources, published)
        elif not (published.out / "manifest.json").exists():
            show(engine, published.folder, published.out)
    return Built(planning, engine, published, ran, cached, time.monotonic() - began)


def _key(graph: Graph) -> str:
    return str(graph.spec["name"])


def _publication(planning: Planning, sources: Mapping[str, Source]) -> str:
    """What a published version's manifest depends on besides its content: the fingerprints of the targets and the text
    of the spec, whose places it names."""
    plan = planning.plan
    prints = {name: plan.prints[plan.graph.targets[name].node] for name in planning.targets}
    texts = {name: source.text for name, source in sources.items()}
    return digest([prints, texts, dict(plan.graph.spec), planning.outside.hashes])


def current(planning: Planning, sources: Mapping[str, Source], out: Path) -> Published | None:
    """The version that this very build published before, or None."""
    path = planning.store.root / "publications" / f"{_publication(planning, sources)}.json"
    if not path.exists():
        return None
    saved = json.loads(path.read_text(encoding="utf-8"))
    folder = planning.store.root / saved["folder"]
    place = out / _key(planning.plan.graph)
    if not (folder / "manifest.json").exists():
        return None
    shown = place / "manifest.json"
    if not shown.exists() or shown.read_bytes() != (folder / "manifest.json").read_bytes():
        return None
    return Published(saved["version"], folder, place)


def _remember_version(planning: Planning, sources: Mapping[str, Source], published: Published) -> None:
    from tunec.compiler.graph import canonical
    from tunec.runtime.store import write_atomically

    path = planning.store.root / "publications" / f"{_publication(planning, sources)}.json"
    folder = published.folder.relative_to(planning.store.root).as_posix()
    write_atomically(path, canonical({"version": published.version, "folder": folder}))


def _run(engine: Engine, ran: tuple[str, ...], cached: tuple[str, ...], seconds: float) -> dict[str, Any]:
    return {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "steps": {label: round(s, 3) for label, s in engine.seconds.items()},
        "ran": list(ran),
        "cached": list(cached),
        "requests": engine.requests,
        "host": {"system": platform.platform(), "python": platform.python_version(), "processors": _processors()},
    }


def _processors() -> int:
    import os

    return os.cpu_count() or 1
