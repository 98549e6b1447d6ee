"""A short look at the settings of a model that is loaded here: the JSON beside its weights, and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tunec.compiler.graph import Node
from tunec.compiler.reach import beyond, is_allowed
from tunec.compiler.sample import ModelSeen
from tunec.runtime.models.bundled import MODELS
from tunec.runtime.tuning.training.proof.templates import Known, known_by, named

#: A file of settings above this size is not one.
BYTES = 1 << 24


def look(node: Node, folder: Path) -> ModelSeen | None:
    """What the files of a model say; None where there is nothing to look at, or it cannot be read."""
    if node.op == "models.bundled":
        found = MODELS.get(str(node.params.get("id")))
        if found is None:
            return None
        seen = _seen(found.context, named(found.template)) if found.template else ModelSeen(found.context)
        return replace(seen, width=found.width, weights=found.weights)
    path = node.params.get("path")
    if node.op != "models.local" or not isinstance(path, str):
        return None
    try:
        if (beyond(path, folder) is not None and not is_allowed()) or not (folder / path).is_dir():
            place = _cached(path, str(node.params.get("revision") or "main"))
        else:
            place = folder / path
        return _read(place) if place is not None else None
    except OSError:
        return None  # a build says what is wrong with it


def _cached(id: str, revision: str) -> Path | None:
    """The folder of a model in the local cache of the hub (its documentation: "Understand caching")."""
    if id.count("/") != 1 or ".." in id:
        return None
    caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    home = Path(os.environ.get("HF_HOME") or caches / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser() / f"models--{id.replace('/', '--')}"
    commit = _content(cache / "refs" / revision)
    found = cache / "snapshots" / (revision if commit is None else commit.strip())
    return found if found.is_dir() else None


def _read(folder: Path) -> ModelSeen | None:
    settings = _json(folder / "config.json")
    if settings is None:
        return None
    inner = settings.get("text_config")
    inner = inner if isinstance(inner, dict) else {}
    context, width = (
        stated if isinstance(stated := settings.get(name) or inner.get(name), int) else None
        for name in ("max_position_embeddings", "hidden_size")
    )
    return replace(_chats(folder, context), width=width, weights=_weights(folder))


def _chats(folder: Path, context: int | None) -> ModelSeen:
    templates = list(_templates(folder))
    if not (folder / "tokenizer_config.json").is_file():
        return ModelSeen(context)
    known = next((found for text in templates if (found := known_by(text)) is not None), None)
    return ModelSeen(context, bool(templates)) if known is None else _seen(context, known)


def _seen(context: int | None, known: Known) -> ModelSeen:
    return ModelSeen(context, True, f"the template of {known.name} {known.breaks}", known.remedy, known.hurts)


def _weights(folder: Path) -> tuple[str, ...]:
    """The names of weights, where safetensors hold them: in an index of several files, or at the head of one."""
    index = (_json(folder / "model.safetensors.index.json") or {}).get("weight_map")
    if isinstance(index, dict):
        return tuple(index)
    alone = folder / "model.safetensors"
    if not alone.is_file():
        return ()
    with alone.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        head = file.read(size) if size <= BYTES else b""
    try:
        found = json.loads(head)
    except ValueError:
        return ()  # a build says what is wrong with it
    return tuple(name for name in found if name != "__metadata__") if isinstance(found, dict) else ()


def _templates(folder: Path) -> Iterator[str]:
    """The chat templates of a tokenizer: in a file of their own, or in its settings."""
    alone = _content(folder / "chat_template.jinja", errors="replace")
    if alone is not None:
        yield alone
    for name in ("tokenizer_config.json", "chat_template.json"):
        stated = (_json(folder / name) or {}).get("chat_template")
        several = stated if isinstance(stated, list) else [stated]
        yield from (text for item in several if isinstance(text := _text(item), str))


def _text(item: object) -> object:
    return item.get("template") if isinstance(item, dict) else item


def _json(file: Path) -> dict[str, Any] | None:
    content = _content(file)
    try:
        found = json.loads(content) if content is not None else None
    except ValueError:
        return None  # a build says what is wrong with it
    return found if isinstance(found, dict) else None


def _content(file: Path, errors: str = "strict") -> str | None:
    """The text of a file; None where there is none, or it is no text: a build says what is wrong with it."""
    try:
        return file.read_text("utf-8", errors) if file.is_file() and file.stat().st_size <= BYTES else None
    except ValueError:
        return None
