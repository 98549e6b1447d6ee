"""Sends a data set or a model of a version to the Hugging Face hub.

What the hub has already is not sent again: before every attempt its tree is compared with the files by hash. So an
attempt that fails, also one whose success never reached us, is taken up by the next one, or by the same command.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tunec.dsl.secrets import masked
from tunec.runtime.exchange.data import ExchangeError, WrongChoice, data_of, listed, read_manifest
from tunec.runtime.exchange.models import chosen, lacking, write_model
from tunec.runtime.sources.hub import OVERTAKEN, WAITS, Hub, HubError, connect, passes, status_of
from tunec.runtime.store.files import hash_file
from tunec.runtime.store.published import is_fixed

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

CARD = "README.md"
#: By kind the files that an earlier version may have left: data files, which the patterns of a card find, and weights
#: with the settings that load them, of which an adapter's and a whole model's must not lie side by side.
STALE = {
    "dataset": re.compile(r"[^/]+-\d{5}\.parquet"),
    "model": re.compile(r"(adapter_)?(config\.json|model[^/]*\.safetensors(\.index\.json)?)"),
}
#: Where a repository of a kind has its page.
PAGES = {"dataset": "datasets/", "model": ""}


@dataclass(frozen=True, slots=True)
class Local:
    """A file to send: its name in the repository, and its hashes as git and as LFS count them."""

    name: str
    path: Path
    bytes: int
    sha256: str
    blob: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a push would send: the files of one data set or model of a version, and the number that they are tagged
    with."""

    version: str
    number: str
    name: str
    files: tuple[Local, ...]
    kind: Literal["dataset", "model"] = "dataset"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did: the files that it sent, those that were there before, and those of an earlier version."""

    version: str
    url: str
    commit: str
    sent: tuple[str, ...]
    kept: tuple[str, ...]
    deleted: tuple[str, ...]
    tag: str
    private: bool
    created: bool


Tell = Callable[[str], None]


def pack(version: Path, dataset: str | None = None) -> Parcel:
    """The files of a version's data set. Raises ExchangeError; needs no network."""
    manifest = read_manifest(version)
    found = data_of(version, dataset)
    if len(found) > 1:
        names = listed([data.name for data in found])
        raise WrongChoice(f"{manifest['version']} has {names}, a repository holds one: choose with --dataset")
    data = found[0]
    paths = [path for split in data.splits for path in split.files]
    card = data.folder / CARD
    if not card.exists():
        raise ExchangeError(f"`{data.name}` has lost its data card {CARD}: build the version again")
    files = tuple(_local(path, data.folder) for path in sorted([card, *paths]))
    return Parcel(manifest["version"], str(manifest["spec"]["version"]), data.name, files)


def pack_model(version: Path, model: str | None, merged: Path | None = None) -> Parcel:
    """The files of a version's model, as they are or as whole weights, which are written into the folder `merged`.

    Raises ExchangeError; needs no network.
    """
    manifest = read_manifest(version)
    name = chosen(manifest, model)
    folder = version / "models" / name
    if not (folder / CARD).exists():
        raise ExchangeError(f"`{name}` has lost its model card {CARD}: build the version again")
    if merged is not None:
        write_model(version, manifest, name, "merged", merged)
        folder = merged
    elif (what := lacking(version, manifest, name)) is not None:
        raise WrongChoice(f"`{name}` {what}: push it with --merged")
    files = tuple(_local(path, folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return Parcel(manifest["version"], str(manifest["spec"]["version"]), name, files, "model")


def push(parcel: Parcel, repository: str, *, public: bool, branch: str, message: str | None, tell: Tell) -> Pushed:
    """Make the branch of a repository hold the data set or the model, and tag it with the version's number.

    A repository that is not there is created, private unless `public`. Data files and weights of an earlier version
    that this one does not have are deleted, because they would be read with the others; other files stay.

    Raises:
        HubError: the hub refuses or cannot be reached; what it got stays, and the same call goes on from there. Also
            where the repository is public and `public` is not said, or has the number with other content.
    """
    hub = connect(repository)
    created, private = _repository(hub, parcel.kind, public, branch)
    tagged = _tagged(hub, parcel)
    commit, sent, deleted = _commit(hub, parcel, branch, message or f"{parcel.version}", tell)
    if tagged is None:
        api = hub.api
        hub.ask(
            f"tagging {parcel.number}",
            lambda: api.create_tag(
                repository,
                repo_type=parcel.kind,
                tag=parcel.number,
                revision=commit,
                tag_message=parcel.version,
                exist_ok=True,
            ),
        )
    kept = tuple(file.name for file in parcel.files if file.name not in sent)
    url = f"{masked(hub.endpoint)}/{PAGES[parcel.kind]}{repository}"
    return Pushed(parcel.version, url, commit, sent, kept, deleted, parcel.number, private, created)


def _local(path: Path, folder: Path) -> Local:
    size = path.stat().st_size
    blob = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            blob.update(chunk)
    return Local(path.relative_to(folder).as_posix(), path, size, hash_file(path), blob.hexdigest())


def _repository(hub: Hub, kind: str, public: bool, branch: str) -> tuple[bool, bool]:
    """Make sure that the repository and the branch are there; whether it was created, and whether it is private."""
    api, name = hub.api, hub.repository

    def seen() -> bool | None:
        try:
            return bool(api.repo_info(name, repo_type=kind).private)
        except Exception as error:
            if status_of(error) == 404:
                return None
            raise

    private = hub.ask(f"looking for {name}", seen)
    created = private is None
    if private is None:
        hub.ask(
            f"creating {name}",
            lambda: api.create_repo(name, repo_type=kind, private=not public, exist_ok=True),
        )
        # Read rather than assumed: somebody may have created it in the meantime.
        private = hub.ask(f"looking for {name}", seen)
    if private is None:
        raise HubError(f"{name} exists, but the token in HF_TOKEN may not see it")
    if not private and not public:
        raise HubError(f"{name} is public: say --public to publish there, or choose another repository")
    if branch != "main":
        hub.ask(
            f"creating the branch {branch}",
            lambda: api.create_branch(name, repo_type=kind, branch=branch, exist_ok=True),
        )
    return created, bool(private)


def _tagged(hub: Hub, parcel: Parcel) -> str | None:
    """The commit that has the number already, if its files are ours. The tag of a draft is taken away."""
    api, name = hub.api, hub.repository
    refs = hub.ask(f"reading the tags of {name}", lambda: api.list_repo_refs(name, repo_type=parcel.kind))
    commit = next((str(tag.target_commit) for tag in refs.tags if tag.name == parcel.number), None)
    if commit is None:
        return None
    changed = [file for file in _missing(parcel, _tree(hub, parcel, parcel.number)) if file.name != CARD]
    if not changed:
        return commit
    if is_fixed(parcel.number):
        what = {"dataset": "data", "model": "files"}[parcel.kind]
        raise HubError(
            f"{name} has a version {parcel.number} with other {what} ({listed([f.name for f in changed])}): "
            "raise the version of the spec, or choose another repository"
        )
    hub.ask(f"moving the tag {parcel.number}", lambda: api.delete_tag(name, repo_type=parcel.kind, tag=parcel.number))
    return None


def _tree(hub: Hub, parcel: Parcel, revision: str) -> dict[str, str]:
    """The files of a revision: their names, and the hash of each as `_hash` gives it."""

    def read() -> dict[str, str]:
        from huggingface_hub.hf_api import RepoFile

        entries = hub.api.list_repo_tree(hub.repository, repo_type=parcel.kind, revision=revision, recursive=True)
        files = [entry for entry in entries if isinstance(entry, RepoFile)]
        return {f.path: f"sha256:{f.lfs.sha256}" if f.lfs is not None else f"blob:{f.blob_id}" for f in files}

    return hub.ask(f"listing {hub.repository}", read)


def _missing(parcel: Parcel, there: dict[str, str]) -> list[Local]:
    """The files that a tree lacks or has with other content."""
    return [f for f in parcel.files if there.get(f.name) not in (f"sha256:{f.sha256}", f"blob:{f.blob}")]


def _commit(
    hub: Hub, parcel: Parcel, branch: str, message: str, tell: Tell
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Bring the branch to what it shall hold; the commit, and what was sent and deleted to get there."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    api, name = hub.api, hub.repository
    sent: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    ours = {file.name for file in parcel.files}
    what = f"sending {parcel.version} to {name}"
    for wait in (*WAITS, None):
        info = hub.ask(f"reading {name}", lambda: api.repo_info(name, repo_type=parcel.kind, revision=branch))
        there = _tree(hub, parcel, branch)
        missing = _missing(parcel, there)
        stale = sorted(path for path in there if STALE[parcel.kind].fullmatch(path) and path not in ours)
        if not missing and not stale:
            # Also after a commit whose answer was lost: what it sent is what was missing before it.
            return str(info.sha), sent, deleted
        sent, deleted = tuple(file.name for file in missing), tuple(stale)
        tell(f"sending {len(sent)} of {len(ours)} files, {sum(file.bytes for file in missing):,} bytes")
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            CommitOperationAdd(file.name, str(file.path)) for file in missing
        ]
        operations += [CommitOperationDelete(path) for path in stale]
        try:
            done = api.create_commit(
                name,
                operations,
                repo_type=parcel.kind,
                revision=branch,
                commit_message=message,
                parent_commit=str(info.sha),
            )
            return str(done.oid), sent, deleted
        except Exception as error:
            if wait is None or not (passes(error) or status_of(error) in OVERTAKEN):
                hub.explain(what, error)
            tell(f"{what}: interrupted, once more in {wait:g} s")
            time.sleep(wait)
    raise AssertionError("the last attempt either answers or raises")
