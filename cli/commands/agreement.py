"""`tunec agreement`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from tunec.console.opening import fail, json_option, reading, store_option, version_folder
from tunec.console.output import echo, echo_json, style

if TYPE_CHECKING:
    from tunec.runtime.versions.agreement import Agreement


@click.command()
@click.argument("version")
@click.argument("column")
@click.argument("people", nargs=-1, required=True)
@click.option("--dataset", metavar="NAME", help="The data set, where the version has several.")
@click.option(
    "--level",
    type=click.Choice(["nominal", "ordinal", "interval"]),
    help="What the values are (default: interval for numbers, else nominal).",
)
@click.option(
    "--at-least",
    type=float,
    metavar="N",
    help="Count a value as positive from N on, and correct the share of positives.",
)
@store_option
@json_option
def command(
    version: str,
    column: str,
    people: tuple[str, ...],
    dataset: str | None,
    level: str | None,
    at_least: float | None,
    store: str | None,
    as_json: bool,
) -> int:
    """Measure how far COLUMN of VERSION, such as the ratings of a judge, agrees with the labels of PEOPLE.

    Each of PEOPLE is a column too, such as `meta.human`; of several the most frequent label counts. Missing values are
    left out. With `--at-least`, the share of positives that COLUMN gives to all rows is corrected by its sensitivity
    and specificity where people labelled.
    """
    from tunec.runtime.versions.agreement import Unanswerable, agreement

    folder = version_folder(version, store, None, published=True)
    try:
        with reading(folder):
            found = agreement(folder, dataset, column, people, level, at_least)
    except Unanswerable as error:
        fail(str(error), 2)
    if as_json:
        echo_json(asdict(found))
    else:
        echo(_told(found))
    return 0


def _told(found: Agreement) -> str:
    lines = [
        f"{style(found.column, bold=True)} against {', '.join(found.people)}: {found.rows:,} rows with both, "
        f"of {found.all_rows:,}"
    ]
    low, high = found.interval
    lines.append(f"  {'equal':<24}{found.accuracy:.1%} ({low:.1%}–{high:.1%})")
    weighted = "" if found.level == "nominal" else ", squared weights"
    lines.append(f"  {'Cohen’s kappa':<24}{_number(found.kappa)}{weighted}")
    lines.append(f"  {'Krippendorff’s alpha':<24}{_number(found.alpha)}, {found.level}")
    if len(found.people) > 1:
        lines.append(f"  {'  of people alone':<24}{_number(found.alpha_of_people)}")
    if found.corrected is not None:
        c = found.corrected
        lines.append(f"  {'sensitivity':<24}{c.sensitivity:.1%} of {c.positives:,}")
        lines.append(f"  {'specificity':<24}{c.specificity:.1%} of {c.negatives:,}")
        lines.append(f"  {'share at least ' + f'{found.at_least:g}':<24}{c.seen:.1%} of {c.items:,} as measured")
        lines.append(f"  {'corrected':<24}{c.share:.1%} ({c.low:.1%}–{c.high:.1%})")
    elif found.at_least is not None:
        lines.append("  the share cannot be corrected: this column does not tell positives from negatives")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"
