"""`tunec new`."""

from __future__ import annotations

from pathlib import Path

import click

from tunec.console.opening import fail
from tunec.console.output import echo
from tunec.runtime.store.files import within, write_bytes

#: The starter projects, one folder each, with what they are for.
TEMPLATES = {
    "chat": "an assistant: tasks and talks, checked against an exam, trained and measured",
    "documents": "questions and answers about documents, drafted by a model",
    "preferences": "pairs of answers, the better and the worse one",
    "chinese": "an assistant in Chinese",
    "domain": "a trade, mixed with everyday tasks so that nothing is forgotten",
}

_FOLDER = Path(__file__).parents[1] / "templates"


@click.command(epilog="Templates: " + "; ".join(f"{name}: {said}" for name, said in TEMPLATES.items()) + ".")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option(
    "--template", type=click.Choice(list(TEMPLATES)), default="chat", show_default=True, help="What to start."
)
def command(folder: Path, template: str) -> int:
    """Start a project in DIR: a spec and example data that build as they are.

    The data are a few lines written for the example, in the public domain. Replace them by your own.
    """
    source = _FOLDER / template
    files = sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())
    taken = [file for file in files if (folder / file).exists() or (folder / file).is_symlink()]
    if taken:
        raise click.UsageError(f"{folder / taken[0]} exists; choose a new folder, or one without a `{taken[0]}`")
    try:
        for file in files:
            write_bytes(within(folder, file), (source / file).read_bytes())  # no link in the folder leads out of it
    except OSError as error:
        fail(f"{error.filename or folder}: {error.strerror or error}")
    for file in files:
        echo(f"  {folder / file}")
    spec = folder / f"{template}.tune"
    echo(f"\nNext:\n  tunec lint {spec}\n  tunec plan {spec}\n  tunec build {spec} --only datasets")
    return 0
