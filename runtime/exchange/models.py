"""Writes a trained model of a version as others load it: its adapter, merged weights, or a GGUF file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.exchange.data import ExchangeError, WrongChoice, listed, read_manifest
from tunec.runtime.exchange.destination import usual_folder
from tunec.runtime.models.local import is_adapter, on_top
from tunec.runtime.store.files import check_links

#: What a model can be exported as.
FORMS = ("adapter", "merged", "gguf")
KINDS = ("train", "merge")


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """What an export of a model wrote."""

    version: str
    model: str
    form: str
    folder: Path
    files: tuple[tuple[str, int], ...]


def export_model(version: Path, form: str, out: Path | None = None, model: str | None = None) -> ExportedModel:
    """Write a model of a version to a folder. ExchangeError where it cannot be had in that form.

    `adapter` is the adapter as it was trained; `merged` are whole weights that load without this package and without
    the base; `gguf` is a file for llama.cpp and what is built on it, with weights in half precision.
    """
    manifest = read_manifest(version)
    target = out or usual_folder(manifest["version"], form)
    return write_model(version, manifest, chosen(manifest, model), form, target)


def write_model(version: Path, manifest: dict[str, Any], name: str, form: str, target: Path) -> ExportedModel:
    """As `export_model`, of a manifest that was read."""
    folder = version / "models" / name
    thin = (folder / "adapter_config.json").exists()
    if form == "adapter" and not thin:
        raise WrongChoice(f"`{name}` is whole weights, not an adapter: use --to merged")
    check_links(target)
    target.mkdir(parents=True, exist_ok=True)
    if form == "adapter" or (form == "merged" and not thin):
        for path in sorted(folder.iterdir()):
            shutil.copy2(path, target / path.name)
    elif form == "merged":
        _merge(version, manifest, name, target)
    else:
        from tunec.runtime.exchange.gguf_file import write_gguf

        write_gguf(spec_of(version, manifest, name), target / f"{name}.gguf", name)
    files = tuple((p.name, p.stat().st_size) for p in sorted(target.iterdir()) if p.is_file())
    return ExportedModel(manifest["version"], name, form, target, files)


def lacking(version: Path, manifest: dict[str, Any], name: str) -> str | None:
    """What others lack who have an adapter alone, in words: a model made here that it stands on, or the embeddings of
    new pieces. None where nothing is lacking."""
    nodes = {node["id"]: node for node in manifest["graph"]["nodes"]}
    trained = nodes[manifest["graph"]["targets"][name]["node"]]
    if not (version / "models" / name / "adapter_config.json").exists():
        return None
    base = nodes[trained["inputs"][0]]
    if base["op"] in KINDS:
        names = {known["node"]: name for name, known in manifest["graph"]["targets"].items()}
        return f"is an adapter of `{names.get(base['id'], base['id'])}`, which others do not have"
    if trained["params"].get("tokenizer"):
        return "is an adapter with new pieces, for which its base has no embeddings"
    return None


def chosen(manifest: dict[str, Any], model: str | None) -> str:
    """The name of the model that is asked for, or of the only one of a version. WrongChoice where there is none, or
    several."""
    names = sorted(name for name, target in manifest["targets"].items() if target["kind"] in KINDS)
    if not names:
        raise WrongChoice(f"{manifest['version']} has no model")
    if model is None and len(names) > 1:
        raise WrongChoice(f"{manifest['version']} has {listed(names)}: choose one with --model")
    if model is not None and model not in names:
        raise WrongChoice(f"{manifest['version']} has no model `{model}`; it has {listed(names)}")
    return model or names[0]


def _merge(version: Path, manifest: dict[str, Any], name: str, target: Path) -> None:
    from tunec.runtime.models.local import fresh
    from tunec.runtime.tuning.training.result import write

    spec = spec_of(version, manifest, name)
    weights, tokenizer = fresh(spec, half=False, merged=True)
    write(weights, tokenizer, target, spec.id)
    card = version / "models" / name / "README.md"
    if card.exists():
        shutil.copy2(card, target / "README.md")


def spec_of(version: Path, manifest: dict[str, Any], name: str) -> ModelSpec:
    """A model of a version with all that it stands on, read off the graph. ExchangeError where something is not there:
    only what was built as a target is part of a version."""
    nodes = {node["id"]: node for node in manifest["graph"]["nodes"]}
    targets = {target["node"]: known for known, target in manifest["graph"]["targets"].items()}

    def part(kind: str, node_id: str) -> Path:
        folder: Path = version / kind / targets.get(node_id, "")
        if node_id not in targets or not folder.is_dir():
            raise ExchangeError(f"`{name}` stands on what is no part of {manifest['version']}: build it too")
        return folder

    def resolve(node_id: str) -> ModelSpec:
        node = nodes[node_id]
        if node["op"] == "models.bundled":
            from tunec.runtime.ops.models.bundled import bundled

            return bundled(str(node["params"]["id"]))
        if node["op"] == "models.local":
            return _local(manifest, node)
        folder = part("models", node_id)
        below = resolve(node["inputs"][0])
        made = replace(on_top(below, folder), revision=manifest["version"], tokenizer="")
        if not is_adapter(made):
            return made  # whole weights have new pieces in them
        extended = node["params"].get("tokenizer")
        return replace(made, tokenizer=str(part("tokenizers", extended["ref"])) if extended else below.tokenizer)

    return resolve(manifest["graph"]["targets"][name]["node"])


def _local(manifest: dict[str, Any], node: dict[str, Any]) -> ModelSpec:
    """The model in a folder that others stand on. ExchangeError where it is not there, or is not what it was."""
    from tunec.runtime.ops.models.local import local

    path, revision = str(node["params"]["path"]), str(node["params"].get("revision", "main"))
    try:
        found = local(path, revision=revision)
    except OperatorError as error:
        raise ExchangeError(f"the base `{path}` is not here ({error}): run this in the folder of the spec") from None
    if found.revision != manifest["fingerprints"][node["id"]]["outside"]["revision"]:
        raise ExchangeError(f"the base `{path}` has changed since {manifest['version']} was built: build it again")
    return found
