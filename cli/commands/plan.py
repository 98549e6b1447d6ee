"""`tunec plan`."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tunec.compiler.graph import Node
from tunec.compiler.lowered import expect_items
from tunec.compiler.planning.plan import TRIALS, Planned
from tunec.console.asked import asking_cost, asking_line, print_prompts, prompt_document
from tunec.console.needs import print_needs
from tunec.console.network import access_of, allow_option, offline_option, settle_network
from tunec.console.opening import (
    check_prices,
    fail,
    graph_of,
    json_option,
    open_store,
    set_option,
    spec_argument,
    stop_on,
    stop_without_targets,
    store_option,
)
from tunec.console.output import dollars, echo, echo_json
from tunec.console.progress import Terminal, clipped, columns, folded, padded
from tunec.runtime.building.build import Planning, Wanted, plan_build
from tunec.runtime.building.estimates import Estimate, Range
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.versions import kinds

if TYPE_CHECKING:
    from tunec.runtime.building.outlook import Outlook


#: What estimates rest on, as people read it.
_BASES = {"last build": "the last build", "recordings": "recorded answers", "stored": "what is stored"}


@click.command()
@spec_argument
@click.argument("targets", nargs=-1)
@set_option
@click.option("--only", type=click.Choice(list(kinds.only())), help="Plan only targets of this kind.")
@offline_option
@allow_option
@store_option
@click.option("--force", "forced", multiple=True, metavar="TARGET", help="Plan to rebuild this target (repeatable).")
@click.option(
    "--pilot",
    metavar="N",
    type=click.IntRange(min=2),
    help="Ask and pay for N units of work of each generation, and for N rows of each stage that asks a model, to tell"
    " what a build will cost. The answers are recorded, and the build does not ask for them again. Without this, a plan"
    " asks no model.",
)
@click.option(
    "--max-cost",
    metavar="DOLLARS",
    type=click.FloatRange(min=0, min_open=True),
    help="Exit with 1 if a build is sure to cost more than this; a pilot stops before it does.",
)
@click.option("--prompts", "show_prompts", is_flag=True, help="Show every prompt to a model, with a row of the data.")
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
    pilot: int | None,
    max_cost: float | None,
    show_prompts: bool,
    exit_code: bool,
    as_json: bool,
) -> int:
    """Show what a build of SPEC would do, without running anything.

    Lists every step in order, whether it is stored or would run, and why, with the rows, tokens, time and memory that
    it will take, as far as files, stages, recorded answers and the last build or sample tell. Covers all targets, or
    only TARGETS. With --pilot, a few answers are asked for and paid.
    """
    graph, sources = graph_of(spec, pairs, (*targets, *forced))
    if max_cost is not None:
        check_prices(graph, "--max-cost")
    wanted = Wanted(targets, only, forced, max_cost=max_cost)
    stop_without_targets(graph, wanted, spec)
    settle_network(graph, offline)
    place = open_store(spec, store)
    planning = plan_build(graph, load_catalogue(), spec.parent, place, wanted, access_of(spec, pairs, False))
    stop_on(planning.problems, sources)
    if show_prompts:
        _show_prompts(planning, as_json)
        return 0
    found = _outlook(planning, pilot or 0, as_json)
    pending = [found.estimates[step.label] for step in planning.plan.pending]
    steps = [_described(step, found.estimates[step.label]) for step in planning.plan.steps]
    steps = [{**s, "training": found.needs[s["label"]].told()} if s["label"] in found.needs else s for s in steps]
    total = _total(pending)
    over = max_cost is not None and total["cost"] is not None and total["cost"]["low"] > max_cost
    if as_json:
        told = {"asked": found.asked, "paid": round(found.paid, 6)} if pilot else None
        echo_json({"steps": steps, "total": total, "pilot": told, "unknown": found.unknown, "over_max_cost": over})
    else:
        _print(steps, [found.estimates[step.label] for step in planning.plan.steps], total, found)
        if max_cost is not None and total["cost"] is not None:
            _print_bound(total["cost"], max_cost)
    if over:
        return 1
    return 4 if exit_code and planning.plan.pending else 0


def _outlook(planning: Planning, units: int, quiet: bool) -> Outlook:
    from tunec.runtime.building.outlook import outlook
    from tunec.runtime.engine.engine import StepFailed

    try:
        with Terminal(-1 if quiet or not units else 0) as terminal:
            return outlook(planning, load_catalogue(), terminal, units)
    except StepFailed as error:
        fail(f"{error.step.label}: {error}")


def _show_prompts(planning: Planning, as_json: bool) -> None:
    from tunec.runtime.building.outlook import shown_prompts

    with Terminal(-1) as terminal:
        shown = shown_prompts(planning, load_catalogue(), terminal)
    if as_json:
        echo_json({"prompts": [prompt_document(one) for one in shown]})
    else:
        print_prompts(shown)


def _print_bound(cost: dict[str, float | None], bound: float) -> None:
    if (cost["low"] or 0) > bound:
        echo(f"this costs more than {dollars(bound)} (--max-cost)")
    elif cost["high"] is None or cost["high"] > bound:
        echo(f"this may cost more than {dollars(bound)} (--max-cost); a build with that bound stops before it does")


def _described(step: Planned, estimate: Estimate) -> dict[str, Any]:
    rows_in, rows_out = estimate.rows_in, estimate.rows_out
    return {
        "label": step.label,
        "stages": [n.op for n in step.step.nodes],
        "cost": step.step.nodes[-1].cost,
        "cached": step.cached,
        "reason": step.reason,
        "fingerprint": step.fingerprint,
        "amount": _amount(step.step.nodes[-1]),
        "rows_in": rows_in.low if rows_in.known else None,
        "rows_out": rows_out.low if rows_out.known else None,
        "estimate": {**asdict(estimate), "seconds": _rounded(estimate.seconds)},
    }


def _amount(node: Node) -> str | None:
    """How much is made by a step that makes no rows; none for one that does, or is measured by its rows."""
    counted = {"merge": ("models", "model"), "evaluate": ("measures", "measure"), "fit": ("trials", "subset")}
    if node.op not in counted:
        return None
    name, word = counted[node.op]
    many = len(expect_items(node.params[name]))
    return f"{many:,} {word}{'s' * (many != 1)}"


def _total(pending: list[Estimate]) -> dict[str, Any]:
    """What the steps that would run take together, as far as it is known. Steps run one after another, so memory is
    that of the largest."""
    seconds = [e.seconds for e in pending if e.seconds is not None]
    costs = [e.asking.cost for e in pending if e.asking is not None and e.asking.cost is not None]
    return {
        "requests": sum(e.requests or 0 for e in pending),
        "tokens": sum(e.tokens or 0 for e in pending),
        "seconds": _rounded(sum(seconds)) if seconds else None,
        "memory": max((e.memory for e in pending if e.memory is not None), default=None),
        "cost": asdict(sum(costs[1:], costs[0])) if costs else None,
        "unknown": sum(e.basis == "" for e in pending),
        "bases": sorted({e.basis for e in pending if e.basis}),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)


def _print(steps: list[dict[str, Any]], estimates: list[Estimate], total: dict[str, Any], found: Outlook) -> None:
    from rich.cells import cell_len

    # What changes stands first; what is stored gives what it gave, and is one line.
    todo = _gathered([(s, e) for s, e in zip(steps, estimates, strict=True) if not s["cached"]])
    rows = [s["amount"] or _rows(e.rows_out) for s, e in todo]
    times = ["" if e.seconds is None else f"≈ {_time(e.seconds)}" for _, e in todo]
    room = max(20, columns() - 16 - max(map(len, [*rows, ""])) - max(map(len, [*times, ""])))
    labels = [clipped(s["label"], room) for s, _ in todo]
    widths = [max(map(cell_len, column), default=0) for column in (labels, rows, times)]
    for (step, estimate), label, shown, time in zip(todo, labels, rows, times, strict=True):
        sign = "+" if step["reason"] == "new" else "~"
        said = f"  {sign} {padded(label, widths[0])}  {shown:>{widths[1]}}  {time:<{widths[2]}}".rstrip()
        reason = f"  run: {step['reason']}"
        # A reason that is too long for the line has lines of its own.
        below = cell_len(said + reason) > columns()
        echo(said if below else said + reason)
        if below:
            echo(folded(" " * 6 + reason.strip(), 11))
        if estimate.asking is not None:
            echo(f"      {asking_line(estimate.asking)}")
        elif step["label"] in found.needs:
            print_needs(found.needs[step["label"]])
        elif step["label"] in found.unknown:
            echo(f"      what models will be asked: ? ({found.unknown[step['label']]})")
    stored = [step["label"] for step in steps if step["cached"]]
    if stored and todo:
        echo(f"  = stored: {', '.join(stored)}")
    if found.asked:
        echo(f"the pilot had {found.asked:,} requests answered for {dollars(found.paid)}; a build uses the answers")
    elif found.unknown:
        echo("`--pilot 5` asks a few of the requests, records the answers, and tells what a build will cost")
    pending = sum(not s["cached"] for s in steps)
    if not pending:
        echo("nothing to do: everything is stored")
        return
    echo(f"{pending} of {len(steps)} steps to run{_summed(total, pending)}")


def _gathered(todo: list[tuple[dict[str, Any], Estimate]]) -> list[tuple[dict[str, Any], Estimate]]:
    """What would run, with the trials of a declaration, of which nothing but the number differs, as one."""
    groups: dict[tuple[str, ...], list[tuple[dict[str, Any], Estimate]]] = {}
    for step, estimate in todo:
        owner, _, words = step["label"].partition(" · trial ")
        trial = (owner, *step["stages"], step["reason"]) if step["stages"][-1] in TRIALS and words else (step["label"],)
        groups.setdefault(trial, []).append((step, estimate))
    return [group[0] if len(group) == 1 else _as_one(group) for group in groups.values()]


def _as_one(trials: list[tuple[dict[str, Any], Estimate]]) -> tuple[dict[str, Any], Estimate]:
    (step, estimate), seconds = trials[0], [estimate.seconds for _, estimate in trials]
    random = " of random rows" if step["stages"] == ["beside"] else ""
    label = f"{step['label'].partition(' · trial ')[0]} · {len(trials)} trials{random}"
    known = [each for each in seconds if each is not None]
    return {**step, "label": label}, replace(estimate, seconds=sum(known) if len(known) == len(trials) else None)


def _summed(total: dict[str, Any], pending: int) -> str:
    parts = [f"about {_time(total['seconds'])}"] if total["seconds"] is not None else []
    parts += [f"{total[name]:,} {name}" for name in ("requests", "tokens") if total[name]]
    parts += [asking_cost(total["cost"])] if total["cost"] is not None else []
    parts += [f"{total['memory'] / 2**30:.1f} GB of memory"] if total["memory"] is not None else []
    known = pending - total["unknown"]
    basis = " and ".join(_BASES[name] for name in total["bases"])
    if not known:
        said = "; a build, or one with --sample, tells time and memory"
        return (": " + ", ".join(parts) if parts else "") + said
    return f": {', '.join(parts)}, by {basis}" + (f" of {known} of these steps" if total["unknown"] else "")


def _rows(rows: Range) -> str:
    """A number that is known, a likely one with its bound, or a range."""
    bound = "any number of" if rows.high is None else f"{rows.high:,}"
    if rows.known:
        return f"{bound} row{'s' * (rows.high != 1)}"
    if rows.likely is None:
        return f"{rows.low:,} to {bound} rows" if rows.high is not None else f"{bound} rows"
    return f"≈ {rows.likely:,}" + (f" ({rows.low:,} to {bound})" if rows.high is not None else "") + " rows"


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes / 60:.1f} h"
