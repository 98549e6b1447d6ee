"""`tunec show`."""

from __future__ import annotations

from pathlib import Path

import click

from tunec.console.opening import out_option, reading, store_option, version_folder
from tunec.console.output import echo, style


@click.command()
@click.argument("version")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port (default: any that is free).")
@click.option(
    "--review",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of `review`, to decide on its rows in the page (repeatable).",
)
@click.option("--open", "show", is_flag=True, help="Open the page in a browser.")
@store_option
@out_option
def command(version: str, port: int, files: tuple[Path, ...], show: bool, store: str | None, out: Path | None) -> int:
    """Browse VERSION in a browser: rows of data sets, ledgers and steps with search, the diff with another version.

    The pages are served to this machine alone, to whoever has the address with its token. They change nothing, but for
    decisions in the files of --review. Ctrl-C ends it.
    """
    from tunec.show.server import Site, serve

    folder = version_folder(version, store, out, needs="steps")
    with reading(folder):
        site = Site(folder, {path.name if len(files) == 1 else str(path): path for path in files})
        site.rows({"table": next(iter(site.tables))})
    with serve(site, port) as server:
        address = f"http://127.0.0.1:{server.server_port}/?token={site.token}"
        echo(f"{style(site.manifest['version'], bold=True)}\n  {address}\n  Ctrl-C ends it")
        if show:
            click.launch(address)
        server.serve_forever()
    return 0
