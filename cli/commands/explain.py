"""`tunec explain`."""

from __future__ import annotations

import click

from tunec.compiler.lint.pages import page_of
from tunec.compiler.lint.rule import all_codes
from tunec.compiler.names import closest
from tunec.console.output import echo


@click.command()
@click.argument("code")
def command(code: str) -> int:
    """Explain the diagnostic CODE (`T203` or `wrong-row-type`)."""
    codes = all_codes()
    by_name = {c.name: key for key, c in codes.items()}
    key = code.upper() if code.upper() in codes else by_name.get(code.lower())
    if key is None:
        near = closest(code, [*codes, *by_name])
        raise click.UsageError(f"unknown diagnostic `{code}`" + (f"; did you mean `{near}`?" if near else ""))
    page = codes[key]
    echo(f"{key} {page.name} ({page.severity})\n\n{page_of(key)}")
    return 0
