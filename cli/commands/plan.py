"""`tunec plan`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tunec.compiler.planning.plan import Planned
from tunec.console.network import access_of, allow_option, offline_option, settle_network
from tunec.console.opening import (
    graph_of,
    json_option,
    open_store,
    set_option,
    shared_store_option,
    spec_argument,
    stop_on,
    stop_without_targets,
)
from tunec.console.output import echo, echo_json
from tunec.runtime.building.build import Wanted, estimated, plan_build
from tunec.runtime.building.estimates import Estimate, Range
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.versions import kinds


@click.command()
@spec_argument
@click.argument("targets", nargs=-1)
@set_option
@click.option("--only", type=click.Choice(list(kinds.only())), help="Plan only targets of this kind.")
@offline_option
@allow_option
@shared_store_option
@click.option("--force", "forced", multiple=True, metavar="TARGET", help="Plan to rebuild this target (repeatable).")
@click.option("--exit-code", is_flag=True, help="Exit with 4 if there is something to do.")
@json_option
def command(
    spec: Path,
    targets: tuple[str, ...],
    pairs: tuple[str, ...],
    only: str | None,
    offline: bool,
    store: str | None,
    forced: tuple[str, ...],
    exit_code: bool,
    as_json: bool,
) -> int:
    """Show what a build of SPEC would do, without running anything.

    Lists every step in order, whether it is stored or would run, and why, with the rows, tokens, time and memory that
    it will take, as far as files, stages and the last build or sample tell. Covers all targets, or only TARGETS.
    """
    graph, sources = graph_of(spec, pairs, (*targets, *forced))
    wanted = Wanted(targets, only, forced)
    stop_without_targets(graph, wanted, spec)
    settle_network(graph, offline)
    place = open_store(spec, store)
    planning = plan_build(graph, load_catalogue(), spec.parent, place, wanted, access_of(spec, pairs, False))
    stop_on(planning.problems, sources)
    estimates = estimated(planning, load_catalogue())
    steps = [_described(s, estimates[s.label]) for s in planning.plan.steps]
    total = _total([estimates[s.label] for s in planning.plan.pending])
    if as_json:
        echo_json({"steps": steps, "total": total})
    else:
        _print(steps, [estimates[s.label] for s in planning.plan.steps], total)
    return 4 if exit_code and planning.plan.pending else 0


def _described(step: Planned, estimate: Estimate) -> dict[str, Any]:
    rows_in, rows_out = estimate.rows_in, estimate.rows_out
    return {
        "label": step.label,
        "stages": [n.op for n in step.step.nodes],
        "cost": step.step.nodes[-1].cost,
        "cached": step.cached,
        "reason": step.reason,
        "fingerprint": step.fingerprint,
        "rows_in": rows_in.low if rows_in.known else None,
        "rows_out": rows_out.low if rows_out.known else None,
        "estimate": {**asdict(estimate), "seconds": _rounded(estimate.seconds)},
    }


def _total(pending: list[Estimate]) -> dict[str, Any]:
    """What the steps that would run take together, as far as it is known. Steps run one after another, so memory is
    that of the largest."""
    seconds = [e.seconds for e in pending if e.seconds is not None]
    return {
        "requests": sum(e.requests or 0 for e in pending),
        "tokens": sum(e.tokens or 0 for e in pending),
        "seconds": _rounded(sum(seconds)) if seconds else None,
        "memory": max((e.memory for e in pending if e.memory is not None), default=None),
        "unknown": sum(e.basis == "" for e in pending),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)


def _print(steps: list[dict[str, Any]], estimates: list[Estimate], total: dict[str, Any]) -> None:
    rows = [_rows(e.rows_out) for e in estimates]
    label_width, rows_width = (max(map(len, column), default=0) for column in ([s["label"] for s in steps], rows))
    for step, shown, estimate in zip(steps, rows, estimates, strict=True):
        state = "stored" if step["cached"] else f"run: {step['reason']}"
        time = f"≈ {_time(estimate.seconds)}" if estimate.seconds is not None and not step["cached"] else ""
        echo(f"  {step['label']:<{label_width}}  {shown:>{rows_width}} rows   {time:<9} {state}".rstrip())
    pending = sum(not s["cached"] for s in steps)
    if not pending:
        echo("nothing to do: everything is stored")
        return
    echo(f"{pending} of {len(steps)} steps to run{_summed(total, pending)}")


def _summed(total: dict[str, Any], pending: int) -> str:
    parts = [f"about {_time(total['seconds'])}"] if total["seconds"] is not None else []
    parts += [f"{total[name]:,} {name}" for name in ("requests", "tokens") if total[name]]
    parts += [f"{total['memory'] / 2**30:.1f} GB of memory"] if total["memory"] is not None else []
    known = pending - total["unknown"]
    if not known:
        said = "; time and memory are known after a build, or one with --sample"
        return (": " + ", ".join(parts) if parts else "") + said
    return f": {', '.join(parts)}, by the last build" + (f" of {known} of these steps" if total["unknown"] else "")


def _rows(rows: Range) -> str:
    """A number that is known, a likely one with its bound, or a range."""
    bound = "any number of" if rows.high is None else f"{rows.high:,}"
    if rows.known:
        return bound
    if rows.likely is None:
        return f"{rows.low:,} to {bound}" if rows.high is not None else bound
    return f"≈ {rows.likely:,}" + (f" ({rows.low:,} to {bound})" if rows.high is not None else "")


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes / 60:.1f} h"
