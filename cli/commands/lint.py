"""`tunec lint`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tunec.console.opening import compile_file, fail, set_option, show
from tunec.console.output import echo, emit
from tunec.dsl.diagnostics import Diagnostic, as_errors, has_errors
from tunec.dsl.source import Source

#: More rounds of fixes than any file needs; a fix that calls for itself must not run for ever.
_ROUNDS = 10


@click.command()
@click.argument("specs", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@set_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="The output format.",
)
@click.option("--fix", is_flag=True, help="Apply all safe fixes, and report the rest.")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option(
    "--from-yaml",
    "listing",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Print a starter spec for a configuration of axolotl, LLaMA-Factory, TRL or Unsloth.",
)
def command(
    specs: tuple[Path, ...], pairs: tuple[str, ...], form: str, fix: bool, strict: bool, listing: Path | None
) -> int:
    """Check SPECS for problems without running anything."""
    if (listing is None) == (not specs):
        raise click.UsageError("give SPECS, or --from-yaml FILE")
    if listing is not None:
        return _from_yaml(listing)
    found: dict[Diagnostic, None] = {}
    sources: dict[str, Source] = {}
    for spec in specs:
        if fix:
            _fix(spec, pairs)
        compiled = compile_file(spec, pairs)
        found.update(dict.fromkeys(compiled.diagnostics))  # two specs may import the same file
        sources |= compiled.sources
    shown = as_errors(found) if strict else list(found)
    _show(form, shown, sources)
    return 1 if has_errors(shown) else 0


def _from_yaml(listing: Path) -> int:
    from tunec.from_yaml import NotUnderstood, spec_from_yaml
    from tunec.runtime.catalogue import load_catalogue

    try:
        begun = spec_from_yaml(listing, load_catalogue())
        emit(begun.text)
        for said in begun.left:
            echo(str(said), err=True)
    except NotUnderstood as error:
        fail(str(error), 1)
    except OSError as error:
        raise click.UsageError(f"cannot read {listing}: {error.strerror}") from error
    return 0


def _show(form: str, found: Sequence[Diagnostic], sources: Mapping[str, Source]) -> None:
    if form == "text":
        show(found, sources)
        errors = sum(d.severity == "error" for d in found)
        warnings = len(found) - errors
        said = f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
        echo(said if found else "no problems", err=bool(found))
    elif form == "json":
        from tunec.dsl.render.json import render

        emit(render(found, sources))
    elif form == "sarif":
        from tunec.dsl.render import sarif

        emit(sarif.render(found, sources))
    else:
        from tunec.dsl.render import github

        echo(github.render(found, sources), nl=False)


def _fix(spec: Path, pairs: tuple[str, ...]) -> None:
    """Write the spec with its safe fixes; one may make the next possible."""
    from tunec.compiler.lint.fix import fixed
    from tunec.console.rewriting import rewrite

    total = 0
    for _ in range(_ROUNDS):
        compiled = compile_file(spec, pairs)
        text, count = fixed(compiled.sources[str(spec)], compiled.diagnostics)
        if not count:
            break
        total += count
        rewrite(spec, text)
    if total:
        echo(f"{spec}: {total} fix{'es' * (total != 1)} applied", err=True)
