"""Whether a command may use the network, and what the lock says of the things that lie there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from tunec.compiler.graph import Graph
from tunec.compiler.reach import ALLOWED
from tunec.console.opening import overrides_of, usual_out
from tunec.console.output import echo
from tunec.runtime.sources.fetched import OFFLINE
from tunec.runtime.sources.lock import Lock, last_lock, lock_path, moved
from tunec.runtime.sources.outside import Access, given_in

offline_option = click.option(
    "--offline",
    is_flag=True,
    help="Use no network: read Hub data sets from the local cache, at the locked commits, and URLs as last downloaded.",
)


def _allow(context: click.Context, option: click.Parameter, allowed: bool) -> None:
    if allowed:
        os.environ[ALLOWED] = "1"


allow_option = click.option(
    "--allow-outside",
    is_flag=True,
    expose_value=False,
    callback=_allow,
    is_eager=True,
    help="Let the spec read files outside its repository, `file://`, and addresses of private networks.",
)


def settle_network(graph: Graph, offline: bool) -> None:
    """Tell the libraries whether they may use the network. They may not for what a spec does not name."""
    if offline:
        os.environ |= {"HF_HUB_OFFLINE": "1", OFFLINE: "1"}
    elif not any(node.op == "connectors.hub" for node in graph.nodes):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")


def access_of(spec: Path, pairs: Sequence[str], locked: bool, out: Path | None = None) -> Access:
    """How a command looks outside of a spec: where `locked`, revisions on the hub are those of the lock. What `--set`
    says in `pairs` is read wherever it lies."""
    given = given_in(overrides_of(pairs).values())
    return Access(lock=last_lock(lock_path(spec)), locked=locked, given=given, out=out or usual_out())


def tell_moved(before: Lock, now: Lock) -> None:
    """Say which data sets on the hub are others than at the last build."""
    heads = [head for head in before if head.startswith("hub ") and head in now]
    for line in moved({head: before[head] for head in heads}, {head: now[head] for head in heads}):
        echo(f"tunec: {line}", err=True)
