"""`tunec peek`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tunec.compiler.graph import Graph, parted
from tunec.compiler.planning.plan import Plan
from tunec.console.network import access_of
from tunec.console.opening import (
    fail,
    graph_of,
    json_option,
    open_store,
    set_option,
    spec_argument,
    stop_on,
    store_option,
)
from tunec.console.output import echo, echo_json
from tunec.console.progress import Terminal
from tunec.console.trained import show_tokens, training_of
from tunec.dsl.source import Source
from tunec.runtime.building.build import plan_build
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.rows import messages
from tunec.runtime.store.results import Results
from tunec.runtime.store.store import Damaged, Store, StoreError
from tunec.runtime.text.nanoseconds import exact_rows
from tunec.runtime.text.readable import plain

if TYPE_CHECKING:
    import polars as pl


@click.command()
@spec_argument
@click.argument("name")
@set_option
@click.option("--rows", default=3, show_default=True, type=click.IntRange(min=1), help="The number of rows.")
@click.option("--seed", type=int, help="Pick rows at random with this seed instead of the first ones.")
@click.option("--tokens", is_flag=True, help="Show rows as the training NAME sees them, trained tokens in colour.")
@store_option
@json_option
def command(
    spec: Path,
    name: str,
    pairs: tuple[str, ...],
    rows: int,
    seed: int | None,
    tokens: bool,
    store: str | None,
    as_json: bool,
) -> int:
    """Show a few rows of NAME, a data set, source or generation of SPEC.

    Rows that are stored, if it was built. Otherwise the first rows of its sources, as they are after the stages that
    look at one row at a time and ask no model. With --tokens, NAME is a `train` declaration.
    """
    graph, sources = graph_of(spec, pairs)
    place = open_store(spec, store)
    planning = plan_build(graph, load_catalogue(), spec.parent, place, access=access_of(spec, pairs, True))
    stop_on(planning.problems, sources)
    training = training_of(graph, name) if tokens else None
    nodes = {n: i for i, names in graph.origins.items() for n in names} | {n: t.node for n, t in graph.targets.items()}
    if training is not None:
        rows_of = graph.node(training.inputs[1])
        nodes[name] = rows_of.inputs[0] if rows_of.op == "part" else rows_of.id
    if name not in nodes or graph.node(nodes[name]).rows is None:
        available = ", ".join(n for n in nodes if graph.node(nodes[n]).rows)
        raise click.UsageError(f"unknown data set or source `{name}`; available: {available}")
    node = _stored(planning.plan, place, nodes[name])
    if node is None:
        frame = _first_rows(spec, name, graph, nodes[name], place, pairs, sources)
    else:
        if node != nodes[name]:
            stage = graph.node(node).op.split(".")[-1]
            echo(f"`{name}` is not built to its end; these are its rows after `{stage}`", err=True)
        try:
            whole = training is not None and node == nodes[name]
            frame = Results(planning.plan, place).rows(training.inputs[1] if training and whole else node)
        except Damaged as damage:
            fail(f"{damage}; run `tunec build {spec}` to rebuild it")
    shown = frame.sample(min(rows, frame.height), seed=seed) if seed is not None else frame.head(rows)
    if training is not None:
        return show_tokens(planning, training, shown, as_json)
    for row in exact_rows(shown):
        told = {name: messages.shown(value) for name, value in row.items()}
        echo_json(told, indent=None if as_json else 2, sort=False, default=plain)
    return 0


def _first_rows(
    spec: Path,
    name: str,
    graph: Graph,
    node_id: str,
    store: Store,
    pairs: tuple[str, ...],
    sources: Mapping[str, Source],
) -> pl.DataFrame:
    """The first rows of what is not built, as far as they can be known without a build; says how far that is."""
    from tunec.runtime.building.preview import ROWS, preview, reachable
    from tunec.runtime.engine.engine import StepFailed

    node = reachable(graph, load_catalogue(), node_id)
    if node is None:
        fail(f"`{name}` is not built yet, and begins with a generation; run `tunec build {spec}`", 1)
    try:
        with Terminal(-1) as terminal:
            access = access_of(spec, pairs, True)
            frame, problems = preview(graph, load_catalogue(), spec.parent, store, node, access, terminal)
    except (StepFailed, StoreError) as error:
        fail(f"`{name}`: {error}", 1)
    stop_on(problems, sources)
    assert frame is not None
    known = f" after `{node.op.split('.')[-1]}`" if node.op.startswith("stages.") else ""
    echo(f"`{name}` is not built; these are of the first {ROWS} rows of each source{known}", err=True)
    if not frame.height:
        echo("none of them is left", err=True)
    return frame


def _stored(plan: Plan, store: Store, node_id: str) -> str | None:
    """The last node of a declaration whose rows are stored: a check that does not hold ends a build in the middle."""
    graph = plan.graph
    owner, _ = parted(graph.owners.get(node_id, ""))
    while not store.has(plan.prints[node_id]):
        node = graph.node(node_id)
        if not node.op.startswith("stages.") or parted(graph.owners.get(node.inputs[0], ""))[0] != owner:
            return None
        node_id = node.inputs[0]
    return node_id
