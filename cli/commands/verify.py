"""`tunec verify`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from tunec.opening import json_option, out_option, store_option, version_folder
from tunec.output import echo, echo_json, style
from tunec.runtime.versions.verify import verify


@click.command()
@click.argument("version")
@store_option
@out_option
@json_option
def command(version: str, store: Path | None, out: Path | None, as_json: bool) -> int:
    """Verify the checksum of every file of VERSION, and every guarantee, from its published files alone.

    Exits with 1 if one of them does not hold.
    """
    checks = verify(version_folder(version, store, out))
    if as_json:
        echo_json([asdict(check) for check in checks])
    else:
        for check in checks:
            mark = style("✗", fg="red", bold=True) if check.problems else style("✓", fg="green")
            echo(f"  {mark} {check.promise:<28} {check.said}")
            for problem in check.problems:
                echo(f"      {problem}")
    return 1 if any(check.problems for check in checks) else 0
