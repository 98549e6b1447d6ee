"""`tunec push`."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tunec.console.opening import fail, json_option, reading, store_option, version_folder
from tunec.console.output import echo, echo_json, style
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.exchange.data import ExchangeError, WrongChoice
from tunec.runtime.exchange.push import Parcel, Pushed, pack, pack_model, push
from tunec.runtime.sources.hub import REPOSITORY, HubError


@click.command()
@click.argument("version")
@click.argument("repository", metavar="ORG/NAME")
@click.option("--dataset", metavar="NAME", help="The data set, if the version has several.")
@click.option("--model", metavar="NAME", help="Push this model of the version instead of a data set.")
@click.option("--merged", is_flag=True, help="With --model: whole weights, which load without the base.")
@click.option("--dry-run", is_flag=True, help="Show what would be uploaded, without using the network.")
@click.option("--public", is_flag=True, help="Create the repository as public (default: private).")
@click.option(
    "--revision", "branch", metavar="BRANCH", default="main", show_default=True, help="The branch to push to."
)
@click.option("--message", metavar="TEXT", help="The commit message (default: the version).")
@store_option
@json_option
def command(
    version: str,
    repository: str,
    dataset: str | None,
    model: str | None,
    merged: bool,
    dry_run: bool,
    public: bool,
    branch: str,
    message: str | None,
    store: str | None,
    as_json: bool,
) -> int:
    """Upload a data set of VERSION and its data card to ORG/NAME on the Hugging Face Hub, tagged with the version.
    With --model, a trained or merged model and its model card.

    A new repository is private unless --public is given. The token is read from HF_TOKEN. Files that the Hub already
    has are not uploaded again; after an interruption, rerun to resume.
    """
    if not REPOSITORY.fullmatch(repository):
        raise click.UsageError(f"expected a repository as ORG/NAME, not {repository!r}")
    if dataset is not None and model is not None:
        raise click.UsageError("give --dataset or --model, not both")
    if merged and model is None:
        raise click.UsageError("--merged needs --model")
    folder = version_folder(version, store, None, published=True)
    with ExitStack() as scratch:
        whole = Path(scratch.enter_context(TemporaryDirectory())) if merged else None
        parcel = _packed(folder, dataset, model, whole)
        if dry_run:
            if as_json:
                echo_json(_plan(parcel, repository, public, branch))
            else:
                echo(_foretold(parcel, repository, public, branch))
            return 0
        try:
            done = push(parcel, repository, public=public, branch=branch, message=message, tell=_tell)
        except HubError as error:
            fail(str(error))
        except OSError as error:
            fail(f"{error.filename or repository}: {error.strerror or error}")
    if as_json:
        echo_json(asdict(done))
    else:
        echo(_told(done))
    if public and done.private:
        echo(f"{repository} already exists and stays private; change that in its settings on the Hub", err=True)
    return 0


def _packed(folder: Path, dataset: str | None, model: str | None, merged: Path | None) -> Parcel:
    try:
        with reading(folder):
            return pack_model(folder, model, merged) if model is not None else pack(folder, dataset)
    except WrongChoice as error:
        fail(str(error), 2)
    except (ExchangeError, OperatorError) as error:
        fail(str(error))


def _tell(said: str) -> None:
    echo(said, err=True)


def _plan(parcel: Parcel, repository: str, public: bool, branch: str) -> dict[str, object]:
    files = [{"name": f.name, "bytes": f.bytes, "sha256": f.sha256} for f in parcel.files]
    return {
        "version": parcel.version,
        parcel.kind: parcel.name,
        "repository": repository,
        "branch": branch,
        "tag": parcel.number,
        "private_if_created": not public,
        "files": files,
        "bytes": sum(f.bytes for f in parcel.files),
    }


def _foretold(parcel: Parcel, repository: str, public: bool, branch: str) -> str:
    seen = "public" if public else "private"
    width = max(len(file.name) for file in parcel.files)
    lines = [f"would upload {style(parcel.version, bold=True)} ({parcel.name}) to {repository}, branch {branch}"]
    lines += [f"  {file.name:<{width}}  {file.bytes:>14,} bytes" for file in parcel.files]
    lines.append(f"  {len(parcel.files)} files, {sum(file.bytes for file in parcel.files):,} bytes at most")
    lines.append("  files that the Hub already has are not uploaded again")
    lines.append(f"  {repository} is created as {seen} if it does not exist")
    other = {"dataset": ".parquet files", "model": "weights"}[parcel.kind]
    lines.append(f"  other {other} on the branch, from earlier versions, are deleted")
    lines.append(f"  the commit is tagged {parcel.number}")
    return "\n".join(lines)


def _told(done: Pushed) -> str:
    lines = [f"{style(done.version, bold=True)} is at {done.url} ({'private' if done.private else 'public'})"]
    lines.append(f"  commit {done.commit[:12]}, tag {done.tag}")
    for what, names in (("uploaded", done.sent), ("unchanged", done.kept), ("deleted", done.deleted)):
        if names:
            lines.append(f"  {what:<12}  {', '.join(names)}")
    return "\n".join(lines)
