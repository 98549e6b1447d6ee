"""`tunec graph`."""

from __future__ import annotations

from pathlib import Path

import click

from tunec.compiler.graph import Graph, canonical, to_json
from tunec.console.opening import graph_of, set_option, spec_argument
from tunec.console.output import echo, echo_json


@click.command()
@spec_argument
@set_option
@click.option(
    "--format", "form", type=click.Choice(["json", "mermaid", "dot", "svg"]), default="json", help="The output format."
)
@click.option("--no-spans", is_flag=True, help="Leave out the locations in the spec.")
def command(spec: Path, pairs: tuple[str, ...], form: str, no_spans: bool) -> int:
    """Print the compiled graph of SPEC.

    `json` is canonical: the same spec gives the same bytes. `mermaid`, `dot` and `svg` are drawings with one box per
    declaration.
    """
    graph, sources = graph_of(spec, pairs)
    if form != "json":
        echo(_drawn(graph, form), nl=False)
        return 0
    # Locations are given relative to the spec's folder, so that the output is the same wherever it lies.
    short = {name: Path(name).name for name in sources}
    places = {i: short[s.file] + sources[s.file].place(s)[len(s.file) :] for i, s in graph.spans.items()}
    import json

    document = to_json(graph, None if no_spans else places)
    echo_json(json.loads(canonical(document)))
    return 0


def _drawn(graph: Graph, form: str) -> str:
    from tunec.compiler.drawing.dot import dot
    from tunec.compiler.drawing.mermaid import mermaid
    from tunec.compiler.drawing.picture import picture
    from tunec.compiler.drawing.svg import svg

    return {"mermaid": mermaid, "dot": dot, "svg": svg}[form](picture(graph))
