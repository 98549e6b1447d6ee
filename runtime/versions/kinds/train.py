"""A trained model: its weights, the log of its training, and the rows that the training left out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from tunec.compiler.lowered import Json
from tunec.runtime.rows.frame import write_parquet
from tunec.runtime.store.files import link_or_copy
from tunec.runtime.store.published import manifest_of
from tunec.runtime.versions.kind import TargetKind
from tunec.runtime.versions.ledger import LEVEL, training_ledger
from tunec.runtime.versions.model_card import named_proof, write_model_card
from tunec.runtime.versions.origins import ledger_with_origins, published_origins, republished
from tunec.runtime.versions.publication import Publication
from tunec.runtime.versions.report.charts import lines

#: Where a version tells how rows went into its trainings. Not beside the weights, which may go where rows may not.
_BATCHES = "batches"


def _write(publication: Publication, name: str, folder: Path) -> dict[str, Json]:
    node = publication.graph.targets[name].node
    step = publication.results.folder(node)
    model = folder / KIND.place(name)
    shutil.copytree(step / "model", model, copy_function=link_or_copy)
    origins = published_origins(publication.plan)
    training = republished(json.loads((step / "training.json").read_text(encoding="utf-8")), origins)
    (model / "training.json").write_text(json.dumps(training, indent=1, sort_keys=True), encoding="utf-8")
    (folder / "ledger").mkdir(exist_ok=True)
    ledger = ledger_with_origins(training_ledger(publication.results, node), origins)
    write_parquet(ledger, folder / "ledger" / f"{name}.parquet", level=LEVEL)
    if (step / "batch.json").exists():  # a step of an earlier release has none
        (folder / _BATCHES).mkdir(exist_ok=True)
        link_or_copy(str(step / "batch.json"), str(folder / _BATCHES / f"{name}.json"))
    return {}


def _report(folder: Path, name: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a training, and its curves: what was logged step by step."""
    training = json.loads((folder / KIND.place(name) / "training.json").read_text(encoding="utf-8"))
    curves: dict[str, list[tuple[float, float]]] = {}
    for entry in training["log"]:
        for key, value in entry.items():
            if key not in ("step", "epoch") and isinstance(value, int | float):
                curves.setdefault(key, []).append((entry["step"], value))
    curves = {key: points for key, points in curves.items() if len(points) > 1}
    losses = {key.replace("_", " "): points for key, points in curves.items() if key.endswith("loss")}
    others = {key: points for key, points in curves.items() if not key.endswith("loss")}
    charts = [lines("Loss", losses, "step")] if losses else []
    charts += [lines(key.replace("_", " "), {key: points}, "step") for key, points in others.items()]
    summary = dict(training["summary"])
    proof = named_proof(summary.pop("proof", None), manifest)
    return {"summary": summary, "charts": charts, "proof": proof, "batch": _batch(folder, name)}


def _batch(folder: Path, name: str) -> list[list[tuple[str, bool]]]:
    """Rows of a batch, as stretches of text that are trained or not."""
    path = folder / _BATCHES / f"{name}.json"
    rows: list[list[tuple[str, bool]]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return [
        [
            ("".join(text for text, _ in stretch), trained)
            for trained, stretch in groupby(row, key=lambda token: token[1])
        ]
        for row in rows
    ]


def _summary(folder: Path, name: str) -> Iterator[str]:
    """The lines of a training in the summary of a build: its proof, and its losses."""
    summary = json.loads((folder / KIND.place(name) / "training.json").read_text(encoding="utf-8"))["summary"]
    proof = named_proof(summary.get("proof"), manifest_of(folder))
    if proof is not None:
        lost = sum(line["rows"] for line in proof["failed"])
        share = proof["trained_tokens"] / max(1, proof["tokens"])
        yield (
            f"{name}: proof of training: {proof['rows']:,} rows checked, {lost:,} left out; {proof['tokens']:,} tokens,"
            f" {share:.0%} of them trained, {proof['padding']:.0%} padding"
        )
        for line in proof["failed"]:
            tokens = f", {line['tokens']:,} tokens" if line["tokens"] else ""
            yield f"  {line['source']:<20} {line['check']:<16} {line['rows']:>9,} rows left out{tokens}"
    if "validation_loss" in summary:
        before, after = summary["validation_loss_before"], summary["validation_loss"]
        yield f"{name}: validation loss {before:.4f} before, {after:.4f} after"


KIND = TargetKind(
    "train",
    path="models/NAME",
    other="other weights",
    only=("models",),
    write=_write,
    annotate=write_model_card,
    summary=_summary,
    report=_report,
    heading="Training",
    rank=1,
)
