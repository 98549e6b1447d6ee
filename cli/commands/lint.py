"""`tunec lint`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tunec.dsl.diagnostics import Diagnostic
from tunec.dsl.source import Source
from tunec.opening import compile_file, set_option, show


@click.command()
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@set_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How problems are shown.")
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
def command(specs: tuple[Path, ...], pairs: tuple[str, ...], form: str, strict: bool) -> int:
    """Report everything that is wrong with SPECS, without running anything."""
    found: list[Diagnostic] = []
    sources: dict[str, Source] = {}
    for spec in specs:
        compiled = compile_file(spec, pairs)
        found += compiled.diagnostics
        sources |= compiled.sources
    if form == "json":
        from tunec.dsl.render.json import render

        click.echo(render(found, sources))
    else:
        show(found, sources)
    errors = sum(d.severity == "error" for d in found)
    if form == "text":
        warnings = len(found) - errors
        said = (
            f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
            if found
            else "no problems"
        )
        click.echo(said, file=sys.stderr if found else sys.stdout)
    return 1 if errors or (strict and found) else 0
