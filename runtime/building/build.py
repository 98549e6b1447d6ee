"""Builds a compiled spec: plan, run what is missing, publish."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Graph, Node, digest, variants_of, with_nodes
from tunec.compiler.lowered import Json, expect_entries, expect_optional
from tunec.compiler.planning.fingerprint import fingerprints, ingredients
from tunec.compiler.planning.plan import Plan, Planned, make_plan, merge
from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.source import Source
from tunec.runtime.base.memory import Memory, bound_of, share_freed
from tunec.runtime.base.workers import Workers
from tunec.runtime.building.broken_checks import CheckBroken, broken_check
from tunec.runtime.building.estimates import MEASURED
from tunec.runtime.building.moved_shares import moved_shares
from tunec.runtime.building.nothing_left import Looker, NothingLeft
from tunec.runtime.engine.engine import Engine
from tunec.runtime.engine.step import Reporter
from tunec.runtime.sources.outside import Access, Outside
from tunec.runtime.store.files import hash_file, left_behind
from tunec.runtime.store.shared import fetch_version, is_shared, numbers_there
from tunec.runtime.store.shared_gc import trim
from tunec.runtime.store.spending import Spending
from tunec.runtime.store.store import Damaged, Store
from tunec.runtime.versions.kinds import only, target_kinds
from tunec.runtime.versions.licensing import inherited_conflicts

if TYPE_CHECKING:
    from tunec.runtime.versions.publication import Publication
    from tunec.runtime.versions.publish import Published


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a spec is to be built: `targets` (all, without any), `only` those of some kinds; `forced` ones anew,
    stored or not; with a `sample`, at most that many rows of each source."""

    targets: tuple[str, ...] = ()
    only: str | None = None
    forced: tuple[str, ...] = ()
    sample: int | None = None
    max_cost: float | None = None  # dollars
    memory: Memory | None = None  # by default half of the machine's

    def names(self, graph: Graph) -> tuple[str, ...]:
        """The targets of a graph that are meant."""
        names = tuple(variants_of(graph, self.targets) or graph.targets)
        return names if self.only is None else tuple(n for n in names if graph.targets[n].kind in only()[self.only])


@dataclass(frozen=True, slots=True)
class Planning:
    """A plan with what it was made of."""

    plan: Plan
    outside: Outside
    store: Store
    wanted: Wanted
    targets: tuple[str, ...]
    problems: tuple[Diagnostic, ...]
    again: Callable[[], Plan]  # plans the same build anew, by what the store has then

    @property
    def account(self) -> str:
        """The name that payments are noted under. Samples have an account of their own."""
        return _key(self.plan.graph) + (" sample" if self.wanted.sample is not None else "")

    @property
    def publishable(self) -> tuple[str, ...]:
        """The targets that a version holds. The rows of a generation that was asked for stay in the store."""
        targets = self.plan.graph.targets
        return tuple(name for name in self.targets if targets[name].kind in target_kinds())


@dataclass(frozen=True, slots=True)
class Built:
    """The result of a build. `published` is None where no version was made (of samples, and of generations alone), and
    was written `anew` or stood there already. `ran` and `cached` are labels of steps, `costs` tells of money."""

    planning: Planning
    engine: Engine
    published: Published | None
    ran: tuple[str, ...]
    cached: tuple[str, ...]
    seconds: float
    anew: bool = True
    costs: Mapping[str, Json] = field(default_factory=dict)


def plan_build(
    graph: Graph,
    catalogue: Catalogue,
    folder: Path,
    store: Store,
    wanted: Wanted | None = None,
    access: Access | None = None,
) -> Planning:
    """Plan a build. With problems among the files the plan cannot be run."""
    wanted = wanted or Wanted()
    names = wanted.names(graph)
    if wanted.sample is not None:
        graph = sampled(graph, wanted.sample)
    outside = Outside(graph, catalogue, folder, replace(access or Access(), store=store.root))
    for name in outside.earlier_names():
        fetch_version(store, name)
    # Every node gets its facts, also those that no target of this build needs: a fingerprint costs nothing.
    parts = ingredients(graph, catalogue, outside.facts)
    prints = fingerprints(parts)

    def planned(forced: Iterable[str] = ()) -> Plan:
        # A step that exports rows for people is as good as gone without its file: nobody could decide.
        undone = {prints[node.id] for node in graph.nodes if outside.lacks_file(node)}

        def stored(fingerprint: str) -> bool:
            return fingerprint not in undone and store.has(fingerprint)

        return make_plan(graph, catalogue, parts, stored, store.last(_key(graph)), names, forced)

    plan = planned(wanted.forced)
    outside.look([node for step in plan.pending for node in step.step.nodes], parts)
    needed = {id for step in plan.steps for node in step.step.nodes for id in (node.id, *node.inputs)}
    problems = (*outside.told(needed), *inherited_conflicts(graph, names, outside.earlier))
    return Planning(plan, outside, store, wanted, names, problems, planned)


def sampled(graph: Graph, rows: int) -> Graph:
    """The same graph, small: every source gives at most `rows` rows, every generation makes at most `rows`."""

    def small(node: Node) -> Node:
        if node.op.startswith("connectors.") and "limit" in node.params:
            limit = expect_optional(int, node.params["limit"])
            return replace(node, params={**node.params, "limit": rows if limit is None else min(limit, rows)})
        if node.op == "generate":
            until = expect_entries(node.params["until"])
            given = {name: expect_optional(int, until[name]) for name in ("rows", "requests")}
            bounds = {name: None if most is None else min(most, rows) for name, most in given.items()}
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
    workers: Workers | None = None,
) -> Built:
    """Run a plan and publish what it made. A build with nothing to do publishes nothing anew. `workers` are given what
    can be worked on in portions.

    A stored step that proves damaged is set aside, and the plan is made again without it. Raises NothingLeft.
    """
    from tunec.runtime.versions.showing import check_ours

    began = time.monotonic()
    if planning.wanted.memory is not None:
        share_freed()
    plan, store = planning.plan, planning.store
    store.warn = reporter.warn
    store.check_format()
    cached = tuple(s.label for s in plan.steps if s.cached)
    engine = Engine(
        plan, catalogue, store, planning.outside, reporter, max_cost=planning.wanted.max_cost,
        account=planning.account, bound=bound_of(planning.wanted.memory, workers is not None), workers=workers,
    )  # fmt: skip
    engine.ended = _looking(engine, reporter, publishing)
    publishing = publishing and bool(planning.publishable)
    if publishing and not plan.pending:
        published = current(planning, sources, out)
        if published is not None:
            return Built(planning, engine, published, (), cached, time.monotonic() - began, False)
    if publishing:
        # Before hours are spent: publishing will ask again.
        check_ours(out / _key(plan.graph), planning.outside.local_files())
        _warn_of_taken(plan, store, reporter)
    store.prepare()
    ran: dict[str, None] = {}
    seen: set[str] = set()
    with store.lease():
        for left in left_behind(planning.outside.folder):
            left.unlink(missing_ok=True)
        while True:
            engine.take(plan)
            ran |= dict.fromkeys(s.label for s in plan.pending)
            try:
                for step in plan.steps:
                    store.share(step.fingerprint)
                engine.run()
                store.remember(_key(plan.graph), _noted(engine, plan, store))
                made = replace(planning, plan=plan)
                published = _published(engine, made, sources, out, tuple(ran), began) if publishing else None
                break
            except CheckBroken as broken:
                if publishing:
                    broken.folder = _left(engine, replace(planning, plan=plan), sources, out, broken)
                raise
            except Damaged as damage:
                if damage.fingerprint in seen:
                    raise
                seen.add(damage.fingerprint)
                reporter.warn(f"{damage}; the step runs again")
                store.set_aside(damage.fingerprint)
                plan = planning.again()
        spent = costs(engine)
        Spending(store, planning.account).end()
    trim(store)
    cached = tuple(s.label for s in plan.steps if s.label not in ran)
    return Built(made, engine, published, tuple(ran), cached, time.monotonic() - began, costs=spent)


def _looking(engine: Engine, reporter: Reporter, stopping: bool) -> Callable[[Planned], None]:
    """Looks at what steps made: stops a build where a check does not hold, or where nothing would be left. Samples go
    on with a warning, but for checks of shares."""
    looker = Looker(engine.results, engine.catalogue)

    def look(step: Planned) -> None:
        broken = broken_check(engine.context, step)
        if broken is not None and (stopping or not broken[1]):
            raise broken[0]
        if broken is not None:
            reporter.warn(str(broken[0]))
        for moved, bound in moved_shares(engine.context, step):
            if bound and stopping:
                raise CheckBroken(moved, step)
            reporter.warn(f"{step.label}: {moved.message}; {moved.help}")
        found = looker.look(step)
        if found and stopping:
            raise NothingLeft(found)
        for diagnostic in found:
            reporter.warn("; ".join((diagnostic.message, *diagnostic.notes)))

    return look


def _warn_of_taken(plan: Plan, store: Store, reporter: Reporter) -> None:
    """Say before hours are spent that the number of the spec is published, and other content will be refused."""
    from tunec.runtime.store.published import is_fixed, versions_in

    spec, number = _key(plan.graph), str(plan.graph.spec["version"])
    taken = {v.number for v in versions_in(store.root, spec)} | numbers_there(store, spec)
    if is_fixed(number) and number in taken:
        name = f"{spec}@{number}"
        reporter.warn(f"{name} is published: if its content changes, it needs another number (--bump raises it)")


def _published(
    engine: Engine, planning: Planning, sources: Mapping[str, Source], out: Path, ran: tuple[str, ...], began: float
) -> Published:
    from tunec.runtime.versions.publish import publish
    from tunec.runtime.versions.unpublished import forget

    cached = tuple(s.label for s in planning.plan.steps if s.label not in ran)
    publication = _publication_of(engine, planning, sources)
    published = publish(publication, out, _run(engine, ran, cached, time.monotonic() - began))
    forget(_key(planning.plan.graph), out, planning.store)
    folder = published.folder.relative_to(planning.store.root).as_posix()
    shown = hash_file(published.out / "manifest.json")
    note = {"version": published.version, "folder": folder, "manifest": shown, "accounts": _accounts(planning)}
    planning.store.keep_note(_publication(planning, sources), note)
    return published


def _left(engine: Engine, planning: Planning, sources: Mapping[str, Source], out: Path, broken: CheckBroken) -> Path:
    from tunec.runtime.versions.unpublished import leave

    publication = _publication_of(engine, planning, sources)
    return leave(publication, broken.step, str(broken), out, _run(engine, (), (), 0.0))


def _publication_of(engine: Engine, planning: Planning, sources: Mapping[str, Source]) -> Publication:
    from tunec.runtime.versions.publication import Publication

    outside = planning.outside
    return Publication(
        engine.results,
        engine.catalogue,
        sources,
        outside.folder,
        outside.pins,
        _files(planning),
        outside.earlier,
        planning.publishable,
        engine.services.screen,
        engine.services.forget_texts,
    )


def _accounts(planning: Planning) -> list[Json]:
    """By step what its stages did, and to which declarations they belong: what an editor shows. The version that stands
    may have been published by an earlier build, with other steps."""
    graph, store = planning.plan.graph, planning.store
    return [
        {"step": step.fingerprint, "stages": [{**did, "owner": graph.owners.get(node.id, "")} for node, did in pairs]}
        for step in planning.plan.steps
        for pairs in [list(zip(step.step.nodes, store.info(step.fingerprint).get("nodes", ()), strict=False))]
    ]


def _files(planning: Planning) -> dict[str, tuple[str, ...]]:
    """By node the names of the files that sources read."""
    plan, outside = planning.plan, planning.outside
    nodes = [n for s in plan.steps for n in s.step.nodes if n.op.startswith("connectors.") and "path" in n.params]
    return {n.id: outside.names(n, outside.files(n, plan.parts[n.id]["outside"])) for n in nodes}


def _noted(engine: Engine, plan: Plan, store: Store) -> dict[str, Json]:
    """By step what it was made of, for the reasons of the next plan, and what was measured, for its estimates."""
    before = store.last(_key(plan.graph))
    noted: dict[str, Json] = {}
    for step in plan.steps:
        found = {**merge(step.step, plan.parts), "fingerprint": step.fingerprint}
        last = before.get(step.label, {})
        if step.label in engine.seconds:
            spent = {"seconds": round(engine.seconds[step.label], 3), "memory": engine.memory[step.label]}
            found["measured"] = {k: v for k, v in {**store.info(step.fingerprint), **spent}.items() if k in MEASURED}
        elif last.get("fingerprint") == step.fingerprint and "measured" in last:
            found["measured"] = last["measured"]
        noted[step.label] = found
    return noted


def _key(graph: Graph) -> str:
    return str(graph.spec["name"])


def _publication(planning: Planning, sources: Mapping[str, Source]) -> str:
    """The name of the note on what a build published: all that its manifest depends on besides the contents, the
    fingerprints of the targets and the text of the spec, whose places it names."""
    plan = planning.plan
    prints = {name: plan.prints[plan.graph.targets[name].node] for name in planning.publishable}
    texts = sorted(source.text for source in sources.values())
    return f"publications/{digest([prints, texts, dict(plan.graph.spec), planning.outside.pins])}.json"


def current(planning: Planning, sources: Mapping[str, Source], out: Path) -> Published | None:
    """The version that this very build published before, where it is still whole and shown; or None."""
    from tunec.runtime.versions.contents import intact
    from tunec.runtime.versions.publish import Published

    note = planning.store.note(_publication(planning, sources))
    if note is None or not is_shared(planning.store, note["version"]):
        return None
    folder = planning.store.root / note["folder"]
    shown_folder = out / _key(planning.plan.graph)
    shown = shown_folder / "manifest.json"
    if not shown.exists() or hash_file(shown) != note["manifest"] or not intact(shown_folder):
        return None
    if not intact(folder):
        planning.store.warn(f"damaged: {folder} has changed since it was published; it is published again")
        return None
    return Published(note["version"], folder, shown_folder)


def _run(engine: Engine, ran: tuple[str, ...], cached: tuple[str, ...], seconds: float) -> dict[str, Json]:
    return {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "steps": {label: round(s, 3) for label, s in engine.seconds.items()},
        "ran": list(ran),
        "cached": list(cached),
        "requests": engine.services.requests,
        **costs(engine),
        "vectors": engine.services.vectors,
        "scores": engine.services.scores,
        "host": {"system": platform.platform(), "python": platform.python_version(), "processors": os.cpu_count() or 1},
    }


def costs(engine: Engine) -> dict[str, Json]:
    """Dollars: what was paid now (`cost`), with runs of the same build that were interrupted (`cost_in_all`), and what
    may have been paid besides, for requests that were cut off before they were answered (`possibly_paid`). By label
    what steps asked models behind servers: requests, tokens and price of the answers that they rest on, whenever these
    were paid, and what was paid for the step now and before."""
    services, found = engine.services, dict[str, Json]()
    before = services.paid_before()
    for step in engine.plan.steps:
        info = engine.store.info(step.fingerprint) if engine.store.has(step.fingerprint) else {}
        paid = {"paid": services.costs.get(step.fingerprint, 0.0), "paid_before": before.get(step.fingerprint, 0.0)}
        if "cost" in info or any(paid.values()):
            asked = {name: info.get(name, 0) for name in ("requests", "prompt_tokens", "completion_tokens", "cost")}
            found[step.label] = {**asked, **{name: round(dollars, 6) for name, dollars in paid.items()}}
    in_all = services.paid + sum(before.values())
    of_all = {"cost": services.paid, "cost_in_all": in_all, "possibly_paid": services.possibly_paid()}
    return {**{name: round(dollars, 6) for name, dollars in of_all.items()}, "costs": found}
