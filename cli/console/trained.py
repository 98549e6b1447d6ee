"""Rows as a training sees them, for `tunec peek --tokens`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from tunec.compiler.graph import Graph, Node
from tunec.console.opening import fail
from tunec.console.output import echo, echo_json, style
from tunec.console.progress import Terminal
from tunec.runtime.building.build import Planning
from tunec.runtime.catalogue import load_catalogue

if TYPE_CHECKING:
    import polars as pl


def training_of(graph: Graph, name: str) -> Node:
    """The node of a `train` declaration. A usage error where it is another."""
    node = graph.node(graph.targets[name].node) if name in graph.targets else None
    if node is None or node.op != "train":
        raise click.UsageError(f"--tokens needs the name of a `train` declaration, and `{name}` is none")
    return node


def show_tokens(planning: Planning, training: Node, rows: pl.DataFrame, as_json: bool) -> int:
    """Rows as a training sees them: what is trained in colour, or in brackets where there is none."""
    from tunec.compiler.lowered import Call, Ref, expect
    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.engine.engine import Engine
    from tunec.runtime.tuning.training.shown import shown_rows

    with Terminal(-1) as terminal:
        context = Engine(planning.plan, load_catalogue(), planning.store, planning.outside, terminal).context
        try:
            objective = context.binder(training).bound(expect(Call, training.params["objective"])).call()
            base = context.resolve(expect(Ref, training.params["base"]).node)
            found = list(shown_rows(objective, base, rows))
        except OperatorError as error:
            fail(str(error))
    for row in found:
        if as_json:
            echo_json({"id": row.id, "tokens": [{"text": t, "trained": mine} for t, mine in row.tokens]}, indent=None)
        elif row.failed is not None:
            echo(f"{style(row.id, bold=True)}  {row.failed.check}: {row.failed.rule}: {row.failed.value}")
        else:
            count = sum(mine for _, mine in row.tokens)
            echo(f"{style(row.id, bold=True)}  {len(row.tokens)} tokens, {count} trained")
            echo(_coloured(row.tokens))
    return 0


def _coloured(tokens: Sequence[tuple[str, bool]]) -> str:
    said = []
    for trained, group in groupby(tokens, key=lambda token: token[1]):
        text = "".join(token for token, _ in group)
        if not sys.stdout.isatty():
            said.append(f"[[{text}]]" if trained else text)
        else:
            said.append(style(text, fg="green", bold=True) if trained else style(text, dim=True))
    return "".join(said)
