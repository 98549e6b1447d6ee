"""A merged model: its weights, and the configuration that mergekit ran."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunec.compiler.lowered import Json
from tunec.runtime.store.files import link_or_copy
from tunec.runtime.versions.kind import TargetKind
from tunec.runtime.versions.lineage import lineage
from tunec.runtime.versions.model_card import write_model_card
from tunec.runtime.versions.publication import Publication

#: The name under which mergekit's own command writes it, so that tools that read merged models find it.
CONFIGURATION = "mergekit_config.yml"


def _write(publication: Publication, name: str, folder: Path) -> dict[str, Json]:
    target = publication.graph.targets[name]
    step = publication.results.folder(target.node)
    model = folder / KIND.place(name)
    shutil.copytree(step / "model", model, copy_function=link_or_copy)
    configuration = json.loads((step / "merge.json").read_text(encoding="utf-8"))
    if configuration is not None:
        import yaml

        named = _named(configuration, {f"model-{n + 1}": model for n, model in enumerate(target.names)})
        (model / CONFIGURATION).write_text(yaml.safe_dump(named, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return {"of": list(target.names)}


def _named(configuration: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The configuration with the models called as the spec does."""
    models = [{**entry, "model": names[entry["model"]]} for entry in configuration["models"]]
    base = configuration.get("base_model")
    return {**configuration, **({"base_model": names[base]} if base is not None else {}), "models": models}


def _report(folder: Path, name: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """How a model was merged, and where its parents come from."""
    path = folder / KIND.place(name) / CONFIGURATION
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    node = next(n for n in manifest["graph"]["nodes"] if n["id"] == manifest["graph"]["targets"][name]["node"])
    return {"way": node["params"]["method"]["call"].split(".")[-1], "configuration": text,
            "lineage": lineage(manifest, name)}  # fmt: skip


KIND = TargetKind(
    "merge",
    path="models/NAME",
    other="other weights",
    only=("models",),
    write=_write,
    annotate=write_model_card,
    report=_report,
    heading="Merged models",
    rank=1,
)
