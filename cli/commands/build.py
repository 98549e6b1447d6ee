"""`tunec build`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from tunec.compiler.graph import Graph
from tunec.console.events import Events
from tunec.console.network import access_of, allow_option, offline_option, settle_network, tell_moved
from tunec.console.opening import (
    check_prices,
    fail,
    graph_of,
    json_option,
    open_store,
    out_option,
    set_option,
    show,
    spec_argument,
    stop_on,
    stop_without_targets,
    store_option,
    usual_out,
)
from tunec.console.output import echo, echo_json
from tunec.console.progress import Terminal
from tunec.dsl.literals import BadLiteral, number
from tunec.dsl.source import Source
from tunec.runtime.base.memory import LEAST, Memory
from tunec.runtime.base.workers import NoWorkers, Workers
from tunec.runtime.building.build import Built, Planning, Wanted, plan_build, run_build
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.sources.lock import Lock, LockBroken, lock_path, moved, read_lock, write_lock
from tunec.runtime.sources.outside import Access
from tunec.runtime.store.files import check_replaced
from tunec.runtime.store.remote import RemoteError
from tunec.runtime.store.store import Store, StoreError
from tunec.runtime.versions import kinds
from tunec.runtime.versions.numbers import VersionTaken
from tunec.runtime.versions.rules import told_rules

if TYPE_CHECKING:
    from tunec.runtime.building.broken_checks import CheckBroken


def _memory(context: click.Context, parameter: click.Parameter, text: str | None) -> Memory | None:
    """The bound on memory that a text is."""
    if text is None:
        return None
    try:
        kind, value = number(text) if text[:1].isdigit() else ("text", text)
    except BadLiteral as error:
        raise click.BadParameter(error.message) from error
    if kind != "size" or not isinstance(value, int) or value < LEAST:
        raise click.BadParameter(f"expected a size of at least {LEAST >> 20} MiB, such as 4GB")
    return Memory(value)


@click.command()
@spec_argument
@click.argument("targets", nargs=-1)
@set_option
@click.option("--only", type=click.Choice(list(kinds.only())), help="Build only targets of this kind.")
@click.option(
    "--sample",
    metavar="N",
    type=click.IntRange(min=1),
    help="Build everything with at most N rows per source; never published.",
)
@click.option("--locked", is_flag=True, help="Fail if anything outside the spec has changed since it was locked.")
@offline_option
@allow_option
@click.option(
    "--force", "forced", multiple=True, metavar="TARGET", help="Rebuild this target even if it is stored (repeatable)."
)
@click.option(
    "--bump", is_flag=True, help="Raise the version in the spec if its number is already taken by different content."
)
@click.option(
    "--max-cost",
    metavar="DOLLARS",
    type=click.FloatRange(min=0, min_open=True),
    help="Stop before requests to models cost more than this, those of interrupted runs included.",
)
@click.option("--jobs", metavar="N", type=click.IntRange(min=1), help="Use at most this many CPU cores (default: all).")
@click.option(
    "--memory",
    metavar="SIZE",
    callback=_memory,
    help="Aim at holding no more than this much memory, such as 4GB (default: half of what there is).",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    help="Who works on rows: this process, or the workers of a Ray cluster (pip install 'tunec[ray]').",
)
@click.option(
    "--address",
    metavar="HOST:PORT",
    help="The Ray cluster to use, or `auto` for one that runs here (default: one that is started for the build).",
)
@store_option
@out_option
@json_option
@click.option(
    "--events",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Write the events of the build to this file as JSON Lines (- for standard error).",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only warnings.")
@click.option("-v", "--verbose", is_flag=True, help="Also print what each rule dropped.")
def command(
    spec: Path,
    targets: tuple[str, ...],
    pairs: tuple[str, ...],
    only: str | None,
    sample: int | None,
    locked: bool,
    offline: bool,
    forced: tuple[str, ...],
    bump: bool,
    max_cost: float | None,
    jobs: int | None,
    memory: Memory | None,
    engine: str,
    address: str | None,
    store: str | None,
    out: Path | None,
    as_json: bool,
    events: str | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Build SPEC and publish a version: generate, filter, train, evaluate.

    Builds all targets of the spec, or only TARGETS; a generation is built by itself where it is named, and its rows are
    stored, not published. Results that are already in the store are reused.
    """
    if address is not None and engine != "ray":
        raise click.UsageError("`--address` is that of a Ray cluster: add `--engine ray`")
    _bound_processors(jobs)
    graph, sources = graph_of(spec, pairs, (*targets, *forced))
    settle_network(graph, offline)
    access = access_of(spec, pairs, locked, out)
    opened = open_store(spec, store)
    if max_cost is not None:
        check_prices(graph, "--max-cost")
    wanted = Wanted(targets, only, forced, sample, max_cost, memory)
    stop_without_targets(graph, wanted, spec)
    planning = _planned(spec, graph, sources, opened, wanted, access)
    if locked:
        _check_lock(spec, planning.outside.pins)
    elif not quiet:
        tell_moved(access.lock, planning.outside.pins)
    shown, level = out or usual_out(), -1 if quiet or as_json or events == "-" else int(verbose)
    try:
        built = _run(planning, sources, shown, level, events, _workers(planning, engine, address))
    except VersionTaken as taken:
        if not bump:
            fail(str(taken), 1)
        _bump(spec, taken)
        graph, sources = graph_of(spec, pairs, targets)
        planning = _planned(spec, graph, sources, opened, replace(wanted, forced=()), access)
        built = _run(planning, sources, shown, level, events, _workers(planning, engine, address))
    if sample is None:
        write_lock(lock_path(spec), spec.name, planning.outside.pins)
    if as_json:
        echo_json(_document(built))
    elif not quiet:
        from tunec.console.summary import print_summary

        print_summary(built, sample)
    return 0


def _bound_processors(jobs: int | None) -> None:
    """Read by the libraries when they are first imported, which is later than here."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if jobs is not None:
        os.environ |= dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"), str(jobs))


def _workers(planning: Planning, engine: str, address: str | None) -> AbstractContextManager[Workers | None]:
    """Who works on rows beside this process: nobody where nothing is to be done."""
    if engine == "local" or not planning.plan.pending:
        return nullcontext()
    from tunec.runtime.engine.ray_engine import ray_workers

    return ray_workers(address)


def _planned(
    spec: Path, graph: Graph, sources: Mapping[str, Source], store: Store, wanted: Wanted, access: Access
) -> Planning:
    planning = plan_build(graph, load_catalogue(), spec.parent, store, wanted, access)
    stop_on(planning.problems, sources)
    return planning


def _run(
    planning: Planning,
    sources: Mapping[str, Source],
    out: Path,
    level: int,
    events: str | None,
    workers: AbstractContextManager[Workers | None],
) -> Built:
    """Run a plan; ends the command for failures that are no defects of this program, but for a number that is taken."""
    try:
        catalogue = load_catalogue()
        rules, publishing = told_rules(planning.plan, catalogue), planning.wanted.sample is None
        if events is None:
            with workers as found, Terminal(level, rules) as terminal:
                return run_build(planning, catalogue, sources, out, terminal, publishing, found)
        if events != "-":
            check_replaced(Path(events), b'{"event": ', "a file of events")
        with (
            workers as found,
            click.open_file(events, "w", encoding="utf-8") if events != "-" else nullcontext(sys.stderr) as file,
            Events(level, rules, file) as told,
        ):
            built = run_build(planning, catalogue, sources, out, told, publishing, found)
            version = built.published.version if built.published is not None else None
            told.end(version, built.seconds, built.engine.services.paid)
            return built
    except VersionTaken:
        raise
    except (StoreError, RemoteError, NoWorkers) as error:
        fail(str(error))
    except Exception as error:
        _explain(error, planning, sources, level >= 0)
        raise


def _bump(spec: Path, taken: VersionTaken) -> None:
    """Write the proposed version into the spec."""
    from tunec.compiler.elaborate.load import read_text
    from tunec.console.rewriting import rewrite
    from tunec.dsl.parser import parse
    from tunec.dsl.tree import Spec

    text = read_text(spec)
    heads = [d for d in parse(Source(str(spec), text))[0].declarations if isinstance(d, Spec)]
    argument = next((a for head in heads for a in head.arguments if a.name == "version"), None)
    if argument is None:
        fail(f'{spec} has no version to raise; write `spec {spec.stem}(version: "{taken.proposed}")`', 1)
    span = argument.value.span
    rewrite(spec, f'{text[: span.start]}"{taken.proposed}"{text[span.end :]}')
    for change in taken.changes:
        echo(f"  {change.level}: {change.text}", err=True)
    echo(f"{spec}: version {taken.proposed}", err=True)


def _check_lock(spec: Path, pins: Lock) -> None:
    """End the command where the world is not as the lock says."""
    path = lock_path(spec)
    if not path.exists():
        fail(f"{path.name} does not exist; build once without --locked", 1)
    try:
        differences = moved(read_lock(path), pins)
    except LockBroken as error:
        fail(str(error), 1)
    if differences:
        fail(f"the build differs from {path.name}:\n" + "\n".join(f"  {line}" for line in differences), 1)


def _explain(error: Exception, planning: Planning, sources: Mapping[str, Source], told: bool) -> None:
    """End the command for failures that are no defects of this program."""
    from tunec.runtime.building.broken_checks import CheckBroken
    from tunec.runtime.building.nothing_left import NothingLeft
    from tunec.runtime.engine.engine import StepFailed
    from tunec.runtime.store.files import OutsideRoot
    from tunec.runtime.versions.promises import PromiseBroken
    from tunec.runtime.versions.showing import NotOurs

    if isinstance(error, StepFailed):
        span = planning.plan.graph.spans.get(error.node.id)
        where = f"\n  at {sources[span.file].place(span)}" if span is not None and span.file in sources else ""
        fail(f"{error.step.label}: {error}{where}\n  finished steps are saved; rerun to resume")
    if isinstance(error, NothingLeft):
        show(error.diagnostics, sources)
        sys.exit(1)
    if isinstance(error, CheckBroken):
        _leave(error, planning, sources, told)
    if isinstance(error, PromiseBroken):
        fail(str(error), 1)
    if isinstance(error, NotOurs):
        fail(str(error), 3)
    if isinstance(error, OutsideRoot):
        fail(str(error), 3)
    if isinstance(error, OSError):
        fail(f"{error.filename or 'the store'}: {error.strerror or error}; finished steps are saved, rerun to resume")


def _leave(error: CheckBroken, planning: Planning, sources: Mapping[str, Source], told: bool) -> NoReturn:
    """Show what a build did up to a check that does not hold, and where that can be looked at."""
    from tunec.console.summary import print_steps

    if told:
        print_steps(planning.plan, planning.store, load_catalogue())
    show([error.diagnostic], sources)
    if error.folder is not None:
        echo(f"nothing was published; what was built is in {error.folder}, for why, report and diff", err=True)
    sys.exit(1)


def _document(built: Built) -> dict[str, Any]:
    published = built.published
    return {
        "version": published.version if published else None,
        "folder": str(published.out) if published else None,
        "ran": list(built.ran),
        "cached": list(built.cached),
        "requests": built.engine.services.requests,
        **(built.costs or {"cost": 0.0, "cost_in_all": 0.0, "possibly_paid": 0.0, "costs": {}}),
        "vectors": built.engine.services.vectors,
        "scores": built.engine.services.scores,
        "seconds": round(built.seconds, 3),
        "steps": [
            {
                "label": s.label,
                "fingerprint": s.fingerprint,
                **{
                    k: v
                    for k, v in built.planning.store.info(s.fingerprint).items()
                    if k in ("rows_in", "made", "rows_out", "dropped")
                },
            }
            for s in built.planning.plan.steps
        ],
    }
