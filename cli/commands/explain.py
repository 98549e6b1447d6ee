"""`tunec explain`."""

from __future__ import annotations

import click

from tunec.compiler.names import closest
from tunec.dsl.codes import CODES


@click.command()
@click.argument("code")
def command(code: str) -> int:
    """Print the page of the diagnostic CODE (`T203` or `wrong-row-type`)."""
    by_name = {c.name: key for key, c in CODES.items()}
    key = code.upper() if code.upper() in CODES else by_name.get(code.lower())
    if key is None:
        near = closest(code, [*CODES, *by_name])
        raise click.UsageError(f"no diagnostic `{code}`" + (f"; did you mean `{near}`?" if near else ""))
    page = CODES[key]
    click.echo(f"{key} {page.name} ({page.severity})\n\n{page.page}")
    return 0
