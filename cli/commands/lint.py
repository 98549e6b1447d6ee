"""`tunec lint`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tunec.dsl.diagnostics import Diagnostic, as_errors
from tunec.dsl.source import Source
from tunec.opening import compile_file, set_option, show

#: More rounds of fixes than any file needs; a fix that calls for itself must not run for ever.
_ROUNDS = 10


@click.command()
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@set_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="How problems are shown.",
)
@click.option("--fix", is_flag=True, help="Apply the fixes that can mean only one thing, and report the rest.")
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
def command(specs: tuple[Path, ...], pairs: tuple[str, ...], form: str, fix: bool, strict: bool) -> int:
    """Report everything that is wrong with SPECS, without running anything."""
    found: list[Diagnostic] = []
    sources: dict[str, Source] = {}
    for spec in specs:
        if fix:
            _fix(spec, pairs)
        compiled = compile_file(spec, pairs)
        found += [d for d in compiled.diagnostics if d not in found]
        sources |= compiled.sources
    if strict:
        found = as_errors(found)
    _show(form, found, sources)
    return 1 if any(d.severity == "error" for d in found) else 0


def _show(form: str, found: Sequence[Diagnostic], sources: Mapping[str, Source]) -> None:
    if form == "text":
        show(found, sources)
        errors = sum(d.severity == "error" for d in found)
        warnings = len(found) - errors
        said = f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
        click.echo(said if found else "no problems", file=sys.stderr if found else sys.stdout)
    elif form == "json":
        from tunec.dsl.render.json import render

        click.echo(render(found, sources), nl=False)
    elif form == "sarif":
        from tunec.dsl.render import sarif

        click.echo(sarif.render(found, sources), nl=False)
    else:
        from tunec.dsl.render import github

        click.echo(github.render(found, sources), nl=False)


def _fix(spec: Path, pairs: tuple[str, ...]) -> None:
    """Write the spec with its safe fixes; one may make the next possible."""
    from tunec.compiler.lint.fix import fixed

    total = 0
    for _ in range(_ROUNDS):
        compiled = compile_file(spec, pairs)
        text, count = fixed(compiled.sources[str(spec)], compiled.diagnostics)
        if not count:
            break
        total += count
        raw = spec.read_bytes()
        ending = "\r\n" if b"\r\n" in raw else "\n"
        mark = "utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "utf-8"
        spec.write_text(text, encoding=mark, newline=ending)
    if total:
        click.echo(f"{spec}: {total} fix{'es' * (total != 1)} applied", err=True)
