"""`tunec push`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from tunec.opening import fail, json_option, store_option, version_folder
from tunec.runtime.exchange.data import ExchangeError
from tunec.runtime.exchange.push import Parcel, Pushed, pack, push
from tunec.runtime.sources.hub import REPOSITORY, HubError


@click.command()
@click.argument("version")
@click.argument("repository", metavar="ORG/NAME")
@click.option("--dataset", metavar="NAME", help="The data set, where the version has several.")
@click.option("--dry-run", is_flag=True, help="Only say what would be sent; asks nothing of the network.")
@click.option("--public", is_flag=True, help="Let everybody see it (default: private).")
@click.option("--revision", "branch", metavar="BRANCH", default="main", show_default=True, help="The branch.")
@click.option("--message", metavar="TEXT", help="The message of the commit (default: the version).")
@store_option
@json_option
def command(
    version: str,
    repository: str,
    dataset: str | None,
    dry_run: bool,
    public: bool,
    branch: str,
    message: str | None,
    store: Path | None,
    as_json: bool,
) -> int:
    """Send a data set of VERSION to ORG/NAME on the Hugging Face hub, data card and all, and tag it with the version.

    Private unless --public is said. The token is taken from HF_TOKEN. What the hub has already is not sent again, so
    the same command goes on after an interruption.
    """
    if not REPOSITORY.fullmatch(repository):
        raise click.UsageError(f"a repository is ORG/NAME, not {repository!r}")
    folder = version_folder(version, store, None)
    try:
        parcel = pack(folder, dataset)
    except ExchangeError as error:
        fail(str(error), 2)
    if dry_run:
        click.echo(
            _json(_plan(parcel, repository, public, branch))
            if as_json
            else _foretold(parcel, repository, public, branch)
        )
        return 0
    try:
        done = push(parcel, repository, public=public, branch=branch, message=message, tell=_tell)
    except HubError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or repository}: {error.strerror or error}")
    click.echo(_json(asdict(done)) if as_json else _told(done))
    if public and done.private:
        click.echo(f"{repository} was there before and stays private: its settings on the hub change that", err=True)
    return 0


def _tell(said: str) -> None:
    click.echo(said, err=True)


def _json(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)


def _plan(parcel: Parcel, repository: str, public: bool, branch: str) -> dict[str, object]:
    files = [{"name": f.name, "bytes": f.bytes, "sha256": f.sha256} for f in parcel.files]
    return {
        "version": parcel.version,
        "dataset": parcel.dataset,
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
    lines = [f"would send {click.style(parcel.version, bold=True)} ({parcel.dataset}) to {repository}, branch {branch}"]
    lines += [f"  {file.name:<{width}}  {file.bytes:>14,} bytes" for file in parcel.files]
    lines.append(f"  {len(parcel.files)} files, {sum(file.bytes for file in parcel.files):,} bytes at most")
    lines.append("  files that the hub has with the same content are not sent again")
    lines.append(f"  {repository} is created if it is not there, {seen}")
    lines.append("  other .parquet files on the branch, of an earlier version, are deleted")
    lines.append(f"  the commit is tagged {parcel.number}")
    return "\n".join(lines)


def _told(done: Pushed) -> str:
    lines = [f"{click.style(done.version, bold=True)} is at {done.url} ({'private' if done.private else 'public'})"]
    lines.append(f"  commit {done.commit[:12]}, tag {done.tag}")
    for what, names in (("sent", done.sent), ("there before", done.kept), ("deleted", done.deleted)):
        if names:
            lines.append(f"  {what:<12}  {', '.join(names)}")
    return "\n".join(lines)
