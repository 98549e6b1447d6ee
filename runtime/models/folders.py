"""Language models in folders, as transformers saves them: their own, or one in the local cache of the hub."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunec.compiler.files import read_bounded
from tunec.compiler.graph import digest
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.store.files import files_under, hash_file

#: What a model is made of: settings, tokenizer, template, weights. Nothing else is read, and pickled weights never are.
_KINDS = (".json", ".txt", ".model", ".jinja", ".safetensors")
#: Bytes of a file of settings; larger ones are vocabularies, which are read by whoever needs them.
_SETTINGS, _LARGEST = 1 << 20, 1 << 26
_REPOSITORY = re.compile(r"[\w][\w.-]{0,95}/[\w][\w.-]{0,95}")
#: The name of a file in the cache of the hub, whose content it is the SHA-256 of.
_BLOB = re.compile(r"[0-9a-f]{64}")


def folder_of(path: str, revision: str) -> tuple[str, Path]:
    """The name of a model and the folder of its files. A path that leads nowhere may be the id of a model on the hub,
    `org/name`, which is looked for in the hub's local cache. Raises OperatorError."""
    here = Path(path)
    if here.is_dir():
        return here.name, here
    id = "/".join(here.parts[-2:])
    if not _REPOSITORY.fullmatch(id):
        raise OperatorError(f"there is no folder `{here.name}` with a model")
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ModuleNotFoundError as error:
        raise OperatorError(f"there is no folder `{id}`; models of the hub take: pip install 'tunec[hub]'") from error
    try:
        found = Path(snapshot_download(id, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError as error:
        at = "" if revision == "main" else f" --revision {revision}"
        raise OperatorError(
            f"there is no folder `{id}`, and no model of that id in the local cache of the hub (HF_HOME): "
            f"hf download {id}{at}"
        ) from error
    return id, found


def content_of(name: str, folder: Path) -> str:
    """The hash of what a model's folder holds. Raises OperatorError where it holds no model that may be loaded."""
    settings = folder / "config.json"
    if not settings.is_file():
        raise OperatorError(f"`{name}` is not a model of transformers: it has no config.json")
    files = {n: path for n, path in files_under(folder).items() if path.suffix in _KINDS}
    if not any(n.endswith(".safetensors") for n in files):
        raise OperatorError(f"`{name}` holds no weights in safetensors files; pickled weights are never read")
    if "auto_map" in checked_settings(name, files)["config.json"]:
        raise OperatorError(f"`{name}` comes with code of its own (auto_map), which is never run")
    return digest([[n, _hash(path)] for n, path in sorted(files.items())])


def checked_settings(name: str, files: Mapping[str, Path]) -> dict[str, Any]:
    """The small JSON files of a model: its settings. Libraries do not say which of them they could not read. Raises
    OperatorError, with the name of the file, where one is not valid, and where a `config.json` is no object."""
    found: dict[str, Any] = {}
    for file, path in files.items():
        if path.suffix == ".json" and (file == "config.json" or path.stat().st_size <= _SETTINGS):
            try:
                found[file] = json.loads(read_bounded(path, _LARGEST).decode())
            except (ValueError, RecursionError) as error:
                said = "UTF-8" if isinstance(error, UnicodeDecodeError) else "JSON"
                raise OperatorError(f"`{name}`: {file} is not valid {said}: {error}") from error
    if not isinstance(found.get("config.json", {}), dict):
        raise OperatorError(f"`{name}`: config.json is not an object")
    return found


def _hash(path: Path) -> str:
    """The hash of a file; of the large ones in the cache of the hub it is their name."""
    blob = path.resolve()
    return blob.name if blob.parent.name == "blobs" and _BLOB.fullmatch(blob.name) else hash_file(path)
