"""`tunec export`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from tunec.console.opening import fail, json_option, reading, store_option, version_folder
from tunec.console.output import echo, echo_json, style
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.exchange.data import ExchangeError, WrongChoice
from tunec.runtime.exchange.export import Exported, For, export
from tunec.runtime.exchange.layout import layouts
from tunec.runtime.exchange.models import FORMS, export_model
from tunec.runtime.exchange.papers import PAPERS, export_papers
from tunec.runtime.tuning.training.proof.checks import CHECKS


@click.command()
@click.argument("version")
@click.option(
    "--to",
    "layout",
    required=True,
    type=click.Choice([*layouts(), PAPERS, *FORMS]),
    help="The layout of the files.",
)
@click.option("--dataset", metavar="NAME", help="Export only this data set.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The output folder (default: exports/NAME-VERSION/LAYOUT).",
)
@click.option(
    "--model",
    help="The model that will be trained: check every row with its template and tokenizer. With --to adapter, merged "
    "or gguf: the model of VERSION to export, if it has several.",
)
@click.option("--max-length", type=click.IntRange(min=2), help="With --model: the longest row in tokens.")
@click.option(
    "--allow", multiple=True, type=click.Choice(list(CHECKS)), help="With --model: a check that rows may fail."
)
@store_option
@json_option
def command(
    version: str,
    layout: str,
    dataset: str | None,
    out: Path | None,
    model: str | None,
    max_length: int | None,
    allow: tuple[str, ...],
    store: str | None,
    as_json: bool,
) -> int:
    """Export the data sets of VERSION in the file layout of another tool.

    VERSION is `chat`, `chat@1.0.0`, or a folder. Each split becomes one file; rows that the layout cannot represent
    are left out, counted, and reported with the reason. With --model, a row that the model could not be trained on as
    it is ends the export with the row and the reason, before anything is written.

    `papers` are no files of rows: they are the documents that hubs, lawyers and auditors ask for, written from the
    manifest and the ledger.

    `--to adapter`, `merged` and `gguf` export a model of the version instead.
    """
    if layout in FORMS:
        if dataset is not None or max_length is not None or allow:
            raise click.UsageError(f"--to {layout} exports a model: choose it with --model, without other options")
        return _export_model(version_folder(version, store, None, published=True), layout, out, model, as_json)
    if model is None and (max_length is not None or allow):
        raise click.UsageError("--max-length and --allow need --model")
    meant = For(model, max_length, allow) if model is not None else None
    folder = version_folder(version, store, None, published=True)
    try:
        with reading(folder):
            if layout == PAPERS:
                done = export_papers(folder, out, dataset)
            else:
                done = export(folder, layout, out, dataset, meant)
    except WrongChoice as error:
        fail(str(error), 2)
    except ExchangeError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or 'the export'}: {error.strerror or error}")
    if as_json:
        echo_json(_document(done))
    else:
        echo(_told(done))
    for warning in done.warnings:
        echo(f"{style('warning', fg='yellow', bold=True)}: {warning}", err=True)
    return 0


def _export_model(folder: Path, form: str, out: Path | None, name: str | None, as_json: bool) -> int:
    try:
        with reading(folder):
            done = export_model(folder, form, out, name)
    except WrongChoice as error:
        fail(str(error), 2)
    except (ExchangeError, OperatorError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or 'the export'}: {error.strerror or error}")
    if as_json:
        echo_json({**asdict(done), "folder": str(done.folder)})
        return 0
    echo(f"{style(done.model, bold=True)} of {done.version} as {done.form} in {done.folder}")
    width = max(len(path) for path, _ in done.files)
    for path, size in done.files:
        echo(f"  {path:<{width}}  {size:>14,} bytes")
    return 0


def _document(done: Exported) -> dict[str, object]:
    return {**asdict(done), "folder": str(done.folder)}


def _told(done: Exported) -> str:
    lines = [f"{style(done.version, bold=True)} as {done.layout} in {done.folder}"]
    width = max(len(file.path) for file in done.files)
    for file in done.files:
        count = f"{file.rows:>10,} rows" if file.rows is not None else " " * 15
        lines.append(f"  {file.path:<{width}}  {count}  {file.bytes:>12,} bytes")
    for proof in done.proofs:
        lost = sum(line["rows"] for line in proof.failed)
        lines.append(
            f"  proof      {proof.rows:,} rows of {proof.dataset} for {proof.model}: {lost:,} fail an allowed check,"
            f" {proof.tokens:,} tokens, {proof.trained:,} of them trained"
        )
        lines += [f"             {line['origin']}  {line['check']}  {line['rows']:,} rows" for line in proof.failed]
        lines += [f"  note       {note}" for note in proof.notes]
    for left in done.left_out:
        lines.append(f"  left out   {left.rows:,} rows of {left.dataset}/{left.split}: {left.reason}")
    return "\n".join(lines)
