"""`tunec lsp`."""

from __future__ import annotations

import importlib

import click

from tunec.console.opening import fail


@click.command()
@click.option(
    "--stdio", is_flag=True, help="Accepted for editors that pass it; standard input and output are always used."
)
def command(stdio: bool) -> int:
    """Run the language server for an editor, on standard input and output."""
    try:
        importlib.import_module("pygls")
    except ImportError:
        fail('the language server needs pygls: pip install "tunec[lsp]"', 2)
    from tunec.lsp.server import make_server

    make_server().start_io()
    return 0
