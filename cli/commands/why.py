"""`tunec why`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from tunec.opening import fail, json_option, out_option, store_folder, store_option
from tunec.runtime.why import Life, NoSuchVersion, find_version, lives


@click.command()
@click.argument("version")
@click.argument("row")
@click.option(
    "--limit", default=5, show_default=True, type=click.IntRange(min=1), help="At most this many rows a data set."
)
@store_option
@out_option
@json_option
def command(version: str, row: str, limit: int, store: Path | None, out: Path | None, as_json: bool) -> int:
    """Tell the life of ROW in VERSION.

    ROW is an id, its beginning, or a text to look for; VERSION is `chat`, `chat@1.0.0`, or a folder.
    """
    try:
        folder = find_version(version, store_folder(None, store), out or Path("build"))
    except NoSuchVersion as error:
        fail(str(error), 2)
    found = lives(folder, row, limit)
    if as_json:
        click.echo(json.dumps([asdict(life) for life in found], indent=1, sort_keys=True, ensure_ascii=False))
    elif found:
        click.echo("\n\n".join(_told(life) for life in found))
    if not found:
        fail(f"no row of {version} has this id or holds this text: {row!r}", 1)
    return 0


def _told(life: Life) -> str:
    verdict = {"kept": "kept", "dropped": "dropped", "quarantined": "set aside, unreadable"}[life.verdict]
    colour = {"kept": "green", "dropped": "red", "quarantined": "yellow"}[life.verdict]
    lines = [f"row {life.id} of {life.dataset}: {click.style(verdict, fg=colour, bold=True)}"]
    if life.split:
        lines[0] += f", in {life.split}"
    lines.append(f"  from       {life.source}, {life.record}")
    if life.parents:
        lines.append(f"  made from  {', '.join(life.parents)}")
    if life.verdict != "kept":
        name = f" ({life.name})" if life.name else ""
        lines.append(f"  rule       {life.stage}: {life.rule}{name}")
        lines.append(f"  measured   {life.value}" + (f", against {life.threshold}" if life.threshold else ""))
        lines.append(f"  written at {life.place}")
    if life.partner:
        lines.append(f"  matches    {life.partner}: {_short(life.partner_text)}")
    lines.append(f"  prompt     {_short(life.prompt)}")
    if life.response is not None:
        lines.append(f"  response   {_short(life.response)}")
    return "\n".join(lines)


def _short(text: str | None, width: int = 300) -> str:
    said = " ".join((text or "").split())
    return repr(said if len(said) <= width else said[:width] + "…")
