"""A data set on the Hugging Face hub: the commit that a revision stands for, and its files in the hub's local cache.

What a commit holds never changes, so its list of files, its card and its data are asked for once; from then on the
cache that the hub's own tools share (`HF_HOME`) has them, without a network.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tunec.runtime.sources.hub import REPOSITORY, TOKEN, HubError, reader
from tunec.runtime.sources.hub_files import choose

COMMIT = re.compile(r"[0-9a-f]{40}")
CARD = "README.md"


def is_offline() -> bool:
    """Whether the network is forbidden, in the way that the hub's own tools are told so."""
    return os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in ("1", "ON", "YES", "TRUE")


def commit_of(repository: str, revision: str, variable: str = TOKEN) -> str:
    """The commit that a revision (a branch, a tag, the beginning of a commit) stands for now. Raises HubError.

    Here and below, `variable` is the environment variable that holds the token.
    """
    if not REPOSITORY.fullmatch(repository):
        raise HubError(f'`{repository}` is no data set of the hub; it is written "org/name"')
    hub = reader(repository, variable)
    found = hub.ask(f"looking up `{repository}`", lambda: hub.api.dataset_info(repository, revision=revision))
    if not found.sha or not COMMIT.fullmatch(found.sha):
        raise HubError(f"looking up `{repository}`: the hub names no commit for {revision}")
    return found.sha


def files_at(repository: str, commit: str, config: str, split: str, variable: str = TOKEN) -> list[str]:
    """The data files of a split at a commit. Raises HubError, also where offline something of them is not cached."""
    names = _names(repository, commit, variable)
    forged = next((name for name in names if not _is_name(name)), None)
    if forged is not None:
        raise HubError(f"`{repository}` has a file whose name leads out of its folder: {forged!r}")
    chosen = choose(repository, names, _card(repository, commit, names, variable), config, split)
    absent = [name for name in chosen if _cached(repository, commit, name) is None]
    if absent and is_offline():
        raise HubError(_uncached(repository, commit, f"{len(absent)} of {len(chosen)} files of split `{split}` are"))
    return chosen


def fetch(repository: str, commit: str, names: Sequence[str], variable: str = TOKEN) -> tuple[str, ...]:
    """Where files of a commit lie in the cache, downloaded where they are not in it yet. Raises HubError."""
    found = [_cached(repository, commit, name) for name in names]
    if None in found and not is_offline():
        hub = reader(repository, variable)
        patterns = [glob.escape(name) for name in names]
        hub.ask(
            f"reading `{repository}`",
            lambda: hub.api.snapshot_download(
                repository, repo_type="dataset", revision=commit, allow_patterns=patterns, max_workers=4
            ),
        )
        found = [_cached(repository, commit, name) for name in names]
    paths = tuple(str(path) for path in found if path is not None)
    if len(paths) < len(names):
        # The library is content with what it has where the hub fails it midway.
        raise HubError(_uncached(repository, commit, f"{len(names) - len(paths)} of {len(names)} files are"))
    return paths


def _names(repository: str, commit: str, variable: str) -> list[str]:
    try:
        from huggingface_hub import get_cached_repo_tree
        from huggingface_hub.errors import CachedRepoTreeNotFoundError
    except ImportError as error:
        raise HubError("huggingface_hub is not installed, or too old: pip install 'tunec[hub]'") from error
    try:
        return [file.path for file in get_cached_repo_tree(repository, repo_type="dataset", revision=commit)]
    except CachedRepoTreeNotFoundError as error:
        if is_offline():
            raise HubError(_uncached(repository, commit, "it is")) from error
    hub = reader(repository, variable)

    def listed() -> list[str]:
        # Downloading the card alone leaves the list of all files in the cache.
        hub.api.snapshot_download(repository, repo_type="dataset", revision=commit, allow_patterns=[CARD])
        return [file.path for file in get_cached_repo_tree(repository, repo_type="dataset", revision=commit)]

    try:
        return hub.ask(f"listing `{repository}`", listed)
    except CachedRepoTreeNotFoundError as error:
        raise HubError(f"listing `{repository}`: the hub does not say which files it has: try again") from error


def _is_name(name: str) -> bool:
    """Whether a file of this name lies in the folder of its repository, wherever the hub's own tools put that."""
    return not (set("\0\\") & set(name) or {"", ".", ".."} & set(name.split("/")))


def _card(repository: str, commit: str, names: Sequence[str], variable: str) -> Mapping[str, Any]:
    """What the header of the card says; nothing where there is none."""
    import yaml
    from huggingface_hub.repocard import metadata_load

    if CARD not in names:
        return {}
    (path,) = fetch(repository, commit, [CARD], variable)
    try:
        return metadata_load(path) or {}
    except (ValueError, yaml.YAMLError) as error:
        raise HubError(f"`{repository}`: the header of its card cannot be read: {error}") from error


def _cached(repository: str, commit: str, name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repository, name, revision=commit, repo_type="dataset")
    return Path(found) if isinstance(found, str) else None


def _uncached(repository: str, commit: str, what: str) -> str:
    return (
        f"`{repository}` at {commit[:12]}: {what} not in the local cache of the hub (HF_HOME); "
        "build once with the network: without --offline and HF_HUB_OFFLINE"
    )
