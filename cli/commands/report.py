"""`tunec report`."""

from __future__ import annotations

from pathlib import Path

import click

from tunec.opening import out_option, store_option, version_folder
from tunec.output import echo
from tunec.runtime.versions.report import write_report


@click.command()
@click.argument("version")
@click.option("--against", metavar="VERSION", help="Include a comparison with this version.")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The output file (default: named after the version).",
)
@click.option("--open", "show", is_flag=True, help="Open the report in a browser.")
@store_option
@out_option
def command(
    version: str, against: str | None, target: Path | None, show: bool, store: Path | None, out: Path | None
) -> int:
    """Write the report of VERSION as one self-contained HTML file."""
    folder = version_folder(version, store, out)
    diff = None
    if against is not None:
        from tunec.runtime.versions.diff import compare

        diff = compare(version_folder(against, store, out), folder)
    place = target or Path(f"{version.replace('/', '_').replace('@', '-')}.html")
    write_report(folder, place, diff)
    echo(place)
    if show:
        click.launch(str(place))
    return 0
