"""`tunec report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tunec.console.opening import out_option, reading, store_option, version_folder
from tunec.console.output import echo
from tunec.runtime.store.files import by_default, check_replaced
from tunec.runtime.store.published import manifest_of, store_of, version_before
from tunec.runtime.versions.contents import intact
from tunec.runtime.versions.report.page import write_report

if TYPE_CHECKING:
    from tunec.runtime.versions.diff import Diff


@click.command()
@click.argument("version")
@click.option("--against", metavar="VERSION", help="Compare with this version (default: the one before).")
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
    version: str, against: str | None, target: Path | None, show: bool, store: str | None, out: Path | None
) -> int:
    """Write the report of VERSION as one self-contained HTML file."""
    folder = version_folder(version, store, out, needs="before" if against is None else "")
    other = version_folder(against, store, out) if against is not None else _before(folder)
    place = target or by_default(f"{version.replace('/', '_').replace('@', '-')}.html", "--to")
    check_replaced(place, b"<!doctype html>", "a report")
    with reading(folder, *filter(None, [other])):
        write_report(folder, place, _compared(other, folder))
    echo(place)
    if show:
        click.launch(str(place))
    return 0


def _before(folder: Path) -> Path | None:
    """The version before, in the store of a version, if it is whole: nobody asked for it by name."""
    store = store_of(folder)
    before = None if store is None else version_before(store, manifest_of(folder)["version"])
    return before if before is not None and intact(before) else None


def _compared(before: Path | None, after: Path) -> Diff | None:
    if before is None:
        return None
    from tunec.runtime.versions.diff import compare

    return compare(before, after)
