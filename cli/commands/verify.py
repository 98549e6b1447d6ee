"""`tunec verify`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from tunec.console.opening import fail, json_option, out_option, store_option, version_folder
from tunec.console.output import echo, echo_json, style
from tunec.runtime.versions.verify import Check, verify


@click.command()
@click.argument("version")
@click.option(
    "--rebuild",
    "spec",
    metavar="SPEC",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also build SPEC again in an empty store, and compare every file.",
)
@store_option
@out_option
@json_option
def command(version: str, spec: Path | None, store: str | None, out: Path | None, as_json: bool) -> int:
    """Verify the checksum of every file of VERSION, and every guarantee, from its published files alone.

    Exits with 1 if one of them does not hold.
    """
    folder = version_folder(version, store, out, published=True)
    checks = verify(folder)
    if spec is not None and not checks[0].problems:
        checks.append(_rebuilt(folder, spec))
    if as_json:
        echo_json([asdict(check) for check in checks])
    else:
        for check in checks:
            mark = style("✗", fg="red", bold=True) if check.problems else style("✓", fg="green")
            echo(f"  {mark} {check.promise:<28} {check.said}")
            for problem in check.problems:
                echo(f"      {problem}")
    return 1 if any(check.problems for check in checks) else 0


def _rebuilt(version: Path, spec: Path) -> Check:
    """What a build of the spec from nothing says of a version; ends the command where it cannot be built."""
    from tunec.console.network import access_of, settle_network
    from tunec.console.opening import compile_file, stop_on
    from tunec.console.progress import Terminal
    from tunec.runtime.building.broken_checks import CheckBroken
    from tunec.runtime.building.rebuild import rebuild
    from tunec.runtime.catalogue import load_catalogue
    from tunec.runtime.engine.engine import StepFailed
    from tunec.runtime.store.store import StoreError
    from tunec.runtime.versions.promises import PromiseBroken

    compiled = compile_file(spec)
    stop_on(compiled.diagnostics, compiled.sources)
    assert compiled.graph is not None
    settle_network(compiled.graph, False)
    try:
        with Terminal(-1) as terminal:
            return rebuild(version, compiled, spec, access_of(spec, (), True), load_catalogue(), terminal)
    except (StepFailed, CheckBroken, PromiseBroken, StoreError) as error:
        fail(f"{spec} cannot be built again: {error}", 1)
