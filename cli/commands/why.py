"""`tunec why`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from tunec.console.opening import fail, json_option, out_option, reading, store_option, version_folder
from tunec.console.output import echo, echo_json, style
from tunec.console.progress import folded
from tunec.runtime.store.published import store_of
from tunec.runtime.versions.why import Life, dropped_by, lives, rules_of


@click.command()
@click.argument("version")
@click.argument("row", required=False)
@click.option(
    "--limit",
    default=5,
    show_default=True,
    type=click.IntRange(min=1),
    help="Show at most this many rows per data set.",
)
@click.option(
    "--dropped-by", "rule", metavar="RULE", help="Show rows dropped by a rule: part of its text, its name or its stage."
)
@store_option
@out_option
@json_option
def command(
    version: str, row: str | None, limit: int, rule: str | None, store: str | None, out: Path | None, as_json: bool
) -> int:
    """Trace ROW through VERSION: where it came from, what changed it, and why it was kept or dropped.

    ROW is an id or the start of one, `FILE:LINE` of an input file, or a text to search for. VERSION is `chat`,
    `chat@1.0.0`, or a folder.
    """
    if (row is None) == (rule is None):
        raise click.UsageError("give a ROW, or --dropped-by RULE")
    if not (row or rule or "").strip():
        raise click.UsageError(f"{'ROW' if rule is None else 'RULE'} is empty; is a variable of the shell not set?")
    folder = version_folder(version, store, out, needs="steps" if rule is None else "")
    with reading(folder):
        found, counts = _found(folder, row or "", rule, limit, store)
        told = "\n\n".join([*(f"{label}: {n:,} dropped" for label, n in counts.items()), *map(_told, found)])
    if as_json:
        rows = [asdict(life) for life in found]
        document = rows if rule is None else {"counts": counts, "rows": rows}
        echo_json(document)
    elif found:
        # The head of a row is short, and in colours, which are no characters.
        lines = [line if line.startswith("row ") else folded(line, 13) for line in told.split("\n")]
        echo("\n".join(lines) if sys.stdout.isatty() else told)
    if not found and rule is not None:
        with reading(folder):
            others = rules_of(folder)
        fail(f"no rule {rule!r} dropped rows of {version}; rules that did:\n  " + "\n  ".join(others), 1)
    if not found:
        fail(f"no row of {version} has this id, location or text: {row!r}", 1)
    return 0


def _found(
    folder: Path, row: str, rule: str | None, limit: int, store: str | None
) -> tuple[list[Life], dict[str, int]]:
    """The rows that are asked for, and how many each rule dropped where one is asked about."""
    if rule is not None:
        return dropped_by(folder, rule, limit)
    known = Path(store) if store is not None and "://" not in store else store_of(folder)
    return lives(folder, row, limit, known / "steps" if known is not None else None), {}


def _told(life: Life) -> str:
    verdict = {"kept": "kept", "dropped": "dropped", "quarantined": "quarantined as unreadable"}[life.verdict]
    colour = {"kept": "green", "dropped": "red", "quarantined": "yellow"}[life.verdict]
    lines = [f"row {life.id} of {life.dataset}: {style(verdict, fg=colour, bold=True)}"]
    if life.split:
        lines[0] += f", in {life.split}"
    lines.append(f"  from       {life.source}, {life.record}")
    if life.round:
        lines.append(f"  made in    {life.round}")
    known = dict(life.made.parents)
    for parent in life.parents:
        lines.append(f"  made from  {parent}" + (f": {_short(known[parent])}" if known.get(parent) else ""))
    for talk in life.made.asked:
        lines.append(f"  asked      {talk.model}: {_short(talk.prompt)}")
        lines.append(f"  answered   {_short(talk.answer)}")
    if life.verdict != "kept":
        name = f" ({life.name})" if life.name else ""
        lines.append(f"  rule       {life.stage}: {life.rule}{name}")
        lines.append(f"  measured   {life.value}" + (f", against {life.threshold}" if life.threshold else ""))
        lines.append(f"  defined at {life.place}")
    if life.partner:
        lines.append(f"  matches    {life.partner}: {_short(life.partner_text)}")
    lines.append(f"  prompt     {_short(life.prompt)}")
    if life.response is not None:
        lines.append(f"  response   {_short(life.response)}")
    for touch in life.steps:
        lines.append(f"  passed     {touch.step}")
        lines += [f"    before   {field} {_exact(text)}" for field, text in touch.before.items()]
        lines += [f"    after    {field} {_exact(text)}" for field, text in touch.after.items()]
        lines += [f"    computed {field} = {_short(text)}" for field, text in touch.added.items()]
    return "\n".join(lines)


def _short(text: str | None, width: int = 300) -> str:
    said = " ".join((text or "").split())
    return repr(said if len(said) <= width else said[:width] + "…")


def _exact(text: str, width: int = 300) -> str:
    """With its white space, which may be all that changed."""
    return repr(text if len(text) <= width else text[:width] + "…")
