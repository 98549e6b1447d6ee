"""`tunec recording`."""

from __future__ import annotations

from pathlib import Path

import click

from tunec.console.opening import (
    fail,
    graph_of,
    json_option,
    open_store,
    set_option,
    spec_argument,
    store_option,
)
from tunec.console.output import echo, echo_json
from tunec.runtime.base.operator import OperatorError


@click.command()
@spec_argument
@click.argument("model")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file: .jsonl or .jsonl.zst."
)
@set_option
@store_option
@json_option
def command(spec: Path, model: str, out: Path, pairs: tuple[str, ...], store: str | None, as_json: bool) -> int:
    """Write the recorded answers of MODEL, a model of SPEC behind a server, to a file.

    `replay("FILE")` in place of the model builds from them without it.
    """
    from tunec.runtime.base.values import ModelSpec
    from tunec.runtime.catalogue import load_catalogue
    from tunec.runtime.models.recording import export
    from tunec.runtime.models.server import is_served, log_of
    from tunec.runtime.sources.outside import value_of

    graph, _ = graph_of(spec, pairs)
    nodes = {graph.owners[n.id]: n for n in graph.nodes if n.op.startswith("models.") and n.id in graph.owners}
    if model not in nodes:
        raise click.UsageError(f"unknown model `{model}`; available: {', '.join(nodes) or 'none'}")
    try:
        found = value_of(nodes[model], load_catalogue(), lambda ref: None, spec.parent)
        if not isinstance(found, ModelSpec) or not is_served(found) or found.kind == "replay":
            fail(f"`{model}` is not behind a server: only answers of such models can be written to a file", 2)
        log = log_of(found, open_store(spec, store))
        count = export(found, log, out)
        log.close()
    except OperatorError as error:
        fail(str(error))
    if not count:
        fail(f"no answers of `{model}` are recorded here; build the spec first", 1)
    if as_json:
        echo_json({"file": str(out), "answers": count})
    else:
        echo(f"{count:,} answers of {model} in {out}")
    return 0
