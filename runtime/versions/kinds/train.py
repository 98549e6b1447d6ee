"""A trained model: its weights, the log of its training, and the rows that the training left out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunec.compiler.lowered import Json
from tunec.runtime.rows.frame import write_parquet
from tunec.runtime.store.files import link_or_copy
from tunec.runtime.versions.kind import TargetKind
from tunec.runtime.versions.ledger import training_ledger
from tunec.runtime.versions.origins import ledger_with_origins, published_origins
from tunec.runtime.versions.publication import Publication


def _write(publication: Publication, name: str, folder: Path) -> dict[str, Json]:
    node = publication.graph.targets[name].node
    step = publication.results.folder(node)
    model = folder / KIND.place(name)
    shutil.copytree(step / "model", model, copy_function=link_or_copy)
    link_or_copy(str(step / "training.json"), str(model / "training.json"))
    (folder / "ledger").mkdir(exist_ok=True)
    ledger = ledger_with_origins(training_ledger(publication.results, node), published_origins(publication.plan))
    write_parquet(ledger, folder / "ledger" / f"{name}.parquet")
    return {}


def _report(folder: Path, name: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a training, and its losses as a line."""
    training = json.loads((folder / KIND.place(name) / "training.json").read_text(encoding="utf-8"))
    losses = [(entry["step"], entry["loss"]) for entry in training["log"]]
    return {"summary": training["summary"], "line": _line(losses), "losses": losses}


def _line(points: list[tuple[int, float]], width: int = 560, height: int = 120) -> str:
    """The points of an SVG polyline through a training's losses."""
    if len(points) < 2:
        return ""
    steps, losses = [p[0] for p in points], [p[1] for p in points]
    low, high = min(losses), max(losses)
    span = (high - low) or 1.0
    across = max(1, steps[-1] - steps[0])
    return " ".join(
        f"{(step - steps[0]) / across * width:.1f},{height - (loss - low) / span * height:.1f}" for step, loss in points
    )


KIND = TargetKind(
    "train",
    path="models/NAME",
    other="other weights",
    only=("models",),
    write=_write,
    report=_report,
    heading="Training",
    rank=1,
)
