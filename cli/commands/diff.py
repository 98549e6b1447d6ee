"""`tunec diff`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tunec.console.opening import (
    fail,
    graph_of,
    json_option,
    open_store,
    out_option,
    reading,
    set_option,
    stop_on,
    store_option,
    version_folder,
)
from tunec.console.output import echo, echo_json, style
from tunec.runtime.store.published import store_of
from tunec.runtime.versions.diff import DataDiff, Diff, StepChange, Task, compare, steps_between


@click.command()
@click.argument("before")
@click.argument("after")
@set_option
@click.option("--exit-code", is_flag=True, help="Exit with 1 if they differ.")
@click.option("--tasks", is_flag=True, help="Also compare shares by kind of task, using the bundled embedder.")
@click.option("-v", "--verbose", is_flag=True, help="Also print unchanged shares, and examples of rows that changed.")
@store_option
@out_option
@json_option
def command(
    before: str,
    after: str,
    pairs: tuple[str, ...],
    exit_code: bool,
    tasks: bool,
    verbose: bool,
    store: str | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Compare the versions BEFORE and AFTER.

    Each is `chat`, `chat@1.0.0`, or a folder. If AFTER is a spec file, BEFORE is compared with the steps that a build
    of it would run; nothing is run.
    """
    old = version_folder(before, store, out)
    if after.endswith(".tune"):
        steps = _planned(old, Path(after), pairs, store)
        if as_json:
            echo_json([asdict(s) for s in steps])
        else:
            echo("\n".join([f"{before} → {after}, not built", "", *_steps(steps)]) if steps else "no differences")
        return 1 if exit_code and steps else 0
    new = version_folder(after, store, out)
    with reading(old, new):
        found = compare(old, new, _task(new) if tasks else None)
    if as_json:
        echo_json(document(found))
    else:
        echo("\n".join(_told(found, verbose)))
    return 1 if exit_code and not found.same else 0


def _task(version: Path) -> Task:
    """Names kinds of tasks by the bundled embedder; vectors that the version's store has are not computed again."""
    from tunec.runtime.base.context import Context
    from tunec.runtime.models.embed import encode
    from tunec.runtime.models.vectors import embed
    from tunec.runtime.ops.embedders.bundled import bundled
    from tunec.runtime.ops.functions.task import task
    from tunec.runtime.store.store import Store
    from tunec.runtime.text.vectors import quiet

    root = store_of(version)
    if root is None:
        fail("--tasks needs the store of the version, which no longer exists")
    embedder = bundled("all-minilm-l6-v2")

    context = Context(0, lambda spec, texts: embed(Store(root), spec, texts, encode, quiet)[0], quiet)
    return lambda prompts: task(prompts, using=embedder, ctx=context)


def document(found: Diff) -> dict[str, Any]:
    """A comparison as JSON."""
    data = []
    for one in found.data:
        said = {f: getattr(one, f) for f in one.__slots__}
        moved = [{"from": a, "to": b, "rows": n} for (a, b), n in one.moved.items()]
        examples = {k: [asdict(e) for e in v] for k, v in one.examples.items()}
        data.append({**said, "moved": moved, "examples": examples})
    whole = {f: getattr(found, f) for f in found.__slots__}
    return {**whole, "same": found.same, "steps": [asdict(s) for s in found.steps], "data": data}


def _planned(old: Path, spec: Path, pairs: tuple[str, ...], store: str | None) -> list[StepChange]:
    from tunec.console.network import access_of
    from tunec.runtime.building.build import Wanted, plan_build
    from tunec.runtime.catalogue import load_catalogue
    from tunec.runtime.store.published import manifest_of
    from tunec.runtime.versions.manifest import recipe_of

    graph, sources = graph_of(spec, pairs)
    manifest = manifest_of(old)
    place = open_store(spec, store)
    names = tuple(n for n in manifest["targets"] if n in graph.targets)
    planning = plan_build(graph, load_catalogue(), spec.parent, place, Wanted(names), access_of(spec, (), True))
    stop_on(planning.problems, sources)
    plan = planning.plan
    steps = [{"label": s.label, "ids": [n.id for n in s.step.nodes], "fingerprint": s.fingerprint} for s in plan.steps]
    return list(steps_between(manifest, {"steps": steps, **recipe_of(plan, load_catalogue(), sources, spec.parent)}))


def _told(found: Diff, verbose: bool) -> Iterator[str]:
    yield f"{found.before} → {found.after}"
    if found.same and not found.steps:
        yield "no differences"
        return
    yield from (f"  spec {line}" for line in found.spec)
    for names, what in zip(found.only, ("removed", "added"), strict=True):
        yield from (f"  {what}: `{name}`" for name in names)
    if found.steps:
        yield "\nsteps"
        yield from _steps(found.steps)
    for data in found.data:
        yield from _data(data, verbose)
    if found.changed:
        yield "\ntargets"
        yield from (f"  {line}" for line in found.changed)
    if found.scores:
        yield "\nscores"
        for measure, model, number, before, after in found.scores:
            yield f"  {measure}  {model}  {number}  {_number(before)} → {_number(after)}"


def _steps(steps: Any) -> Iterator[str]:
    for step in steps:
        sides = [f"{a:,} → {b:,}" if pair else "—" for pair in (step.before, step.after) for a, b in [pair or (0, 0)]]
        counts = f"   {sides[0]}  becomes  {sides[1]}" if step.before or step.after else ""
        yield f"  {step.state:<8} {step.step}{counts}"
        yield from (f"             {reason}" for reason in step.why)


def _data(data: DataDiff, verbose: bool) -> Iterator[str]:
    yield f"\n{data.name}: {_pair(data.rows)} rows, {_pair(data.words)} words"
    yield f"  {data.added:,} rows added, {data.removed:,} removed, {data.changed:,} with changed text"
    for split, counts in data.splits.items():
        if counts[0] != counts[1] or verbose:
            yield f"  {split:<24} {_pair(counts)}"
    for (before, after), count in data.moved.items():
        yield f"  moved from {before} to {after}: {count:,}"
    if data.leaked:
        names = ", ".join(data.leaked[:5]) + ("…" if len(data.leaked) > 5 else "")
        warning = style("warning", fg="yellow", bold=True)
        yield f"  {warning}: {len(data.leaked):,} rows that were held out are now trained on: {names}"
    for view, shares in data.shares.items():
        lines = [
            f"    {value:<24} {before:>7.1%} → {after:>7.1%}"
            for value, (before, after) in shares.items()
            if verbose or abs(before - after) >= 0.001
        ]
        if lines:
            yield f"  by {view}"
            yield from lines
    drops = [(rule, counts) for rule, counts in data.drops.items() if verbose or counts[0] != counts[1]]
    if drops:
        yield "  dropped by"
        yield from (f"    {_pair(counts):>20}  {rule}" for rule, counts in drops)
    if data.benchmarks[0] != data.benchmarks[1]:
        sides = [", ".join(names) or "none" for names in data.benchmarks]
        yield f"  decontaminated against: {sides[0]} → {sides[1]}"
    if verbose:
        for what, examples in data.examples.items():
            yield from (f"  {what} {e.id} ({e.source}): {' '.join(e.text.split())[:120]}" for e in examples)


def _pair(counts: tuple[int, int]) -> str:
    return f"{counts[0]:,} → {counts[1]:,}" if counts[0] != counts[1] else f"{counts[0]:,}"


def _number(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
