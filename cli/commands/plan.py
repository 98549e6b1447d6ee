"""`tunec plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tunec.network import access_of, allow_option, offline_option, settle_network
from tunec.opening import (
    graph_of,
    json_option,
    open_store,
    set_option,
    shared_store_option,
    spec_argument,
    stop_on,
)
from tunec.output import echo, echo_json
from tunec.runtime.build import Wanted, plan_build
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.store.store import Store
from tunec.runtime.versions import kinds


@click.command()
@spec_argument
@click.argument("targets", nargs=-1)
@set_option
@click.option("--only", type=click.Choice(list(kinds.only())), help="Plan only targets of this kind.")
@offline_option
@allow_option
@shared_store_option
@click.option("--exit-code", is_flag=True, help="Exit with 4 if there is something to do.")
@json_option
def command(
    spec: Path,
    targets: tuple[str, ...],
    pairs: tuple[str, ...],
    only: str | None,
    offline: bool,
    store: str | None,
    exit_code: bool,
    as_json: bool,
) -> int:
    """Show what a build of SPEC would do, without running anything.

    Lists every step in order, whether it is stored or would run, and why. Covers all targets, or only TARGETS.
    """
    graph, sources = graph_of(spec, pairs, targets)
    settle_network(graph, offline)
    place = open_store(spec, store)
    planning = plan_build(
        graph, load_catalogue(), spec.parent, place, Wanted(targets, only), access_of(spec, pairs, False)
    )
    stop_on(planning.problems, sources)
    steps = [_described(place, s) for s in planning.plan.steps]
    if as_json:
        echo_json({"steps": steps})
    else:
        _print(steps)
    return 4 if exit_code and planning.plan.pending else 0


def _described(store: Store, step: Any) -> dict[str, Any]:
    info = store.info(step.fingerprint) if step.cached else {}
    return {
        "label": step.label,
        "stages": [n.op for n in step.step.nodes],
        "cost": step.step.nodes[-1].cost,
        "cached": step.cached,
        "reason": step.reason,
        "fingerprint": step.fingerprint,
        "rows_in": info.get("rows_in"),
        "rows_out": info.get("rows_out"),
    }


def _print(steps: list[dict[str, Any]]) -> None:
    width = max((len(s["label"]) for s in steps), default=0)
    for step in steps:
        state = "stored" if step["cached"] else f"run: {step['reason']}"
        rows = f"{step['rows_out']:,}" if step["rows_out"] is not None else "?"
        echo(f"  {step['label']:<{width}}  {rows:>10} rows   {state}")
    pending = sum(not s["cached"] for s in steps)
    echo(f"{pending} of {len(steps)} steps to run" if pending else "nothing to do: everything is stored")
