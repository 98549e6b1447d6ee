"""`tunec graph`."""

from __future__ import annotations

from pathlib import Path

import click

from tunec.compiler.graph import canonical, to_json
from tunec.opening import graph_of, set_option, spec_argument


@click.command()
@spec_argument
@set_option
@click.option("--format", "form", type=click.Choice(["json"]), default="json", help="The form.")
@click.option("--no-spans", is_flag=True, help="Leave out the places in the spec.")
def command(spec: Path, pairs: tuple[str, ...], form: str, no_spans: bool) -> int:
    """Print the compiled graph of SPEC: canonical JSON, the same bytes for the same spec."""
    graph, sources = graph_of(spec, pairs)
    # Places are given relative to the spec's folder, so that the output is the same wherever it lies.
    short = {name: Path(name).name for name in sources}
    places = {i: short[s.file] + sources[s.file].place(s)[len(s.file) :] for i, s in graph.spans.items()}
    import json

    document = to_json(graph, None if no_spans else places)
    click.echo(json.dumps(json.loads(canonical(document)), indent=1, sort_keys=True, ensure_ascii=False))
    return 0
