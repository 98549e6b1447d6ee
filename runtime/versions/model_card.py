"""The card of a model: the README beside its weights, with the YAML header that the Hugging Face hub reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tunec.compiler.licences import strictest
from tunec.runtime.versions.contaminated import statements
from tunec.runtime.versions.hub_licence import licence_lines
from tunec.runtime.versions.lineage import Ancestor, lineage
from tunec.runtime.versions.markdown import templates
from tunec.runtime.versions.scores import table

TEMPLATE = "model_card.md.j2"
#: What the summary of a training says besides its proof.
_NUMBERS = (
    "rows", "epochs", "steps", "parameters", "trained_parameters", "loss", "validation_loss_before", "validation_loss",
)  # fmt: skip


def write_model_card(folder: Path, name: str, manifest: Mapping[str, Any]) -> None:
    """Write the card of a model into a version's folder, beside its weights."""
    (folder / "models" / name / "README.md").write_text(model_card(folder, name, manifest), encoding="utf-8")


def model_card(folder: Path, name: str, manifest: Mapping[str, Any]) -> str:
    """The text of the card: what the model is made of, the proof of its training, its numbers, its contamination."""
    ancestors = lineage(manifest, name)
    licences = [licence for a in ancestors for licence in a.licences]
    rows = any(a.rows for a in ancestors)
    licence = strictest(licences, manifest["spec"]["license"]) if licences or not rows else ""
    summary = _summary(folder / "models" / name)
    measured = list(_measured(folder, name, manifest))
    return (
        templates(Path(__file__).parent, digits=4)
        .get_template(TEMPLATE)
        .render(
            header=_header(name, licence, ancestors),
            name=name,
            manifest=manifest,
            spec=manifest["spec"],
            lineage=[{**asdict(a), "base": _id(manifest, a)} for a in ancestors],
            licence=licence,
            proof=named_proof(summary.get("proof"), manifest),
            training={key: summary[key] for key in _NUMBERS if key in summary},
            tables=[table(score) for _, scores in measured for score in scores if name in score["models"]],
            statements=[said for target, scores in measured for said in statements(manifest, target, scores)],
            checked=list(dict.fromkeys(benchmark for a in ancestors for benchmark in a.checked)),
        )
    )


def named_proof(proof: Mapping[str, Any] | None, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """The proof of a training, with the names of the sources."""
    if proof is None:
        return None
    names = manifest["origins"]
    failed = [{**line, "source": (names.get(line["origin"]) or [line["origin"]])[0]} for line in proof["failed"]]
    return {**proof, "failed": failed}


def _summary(folder: Path) -> dict[str, Any]:
    path = folder / "training.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["summary"] if path.exists() else {}
    return found


def _id(manifest: Mapping[str, Any], ancestor: Ancestor) -> str:
    """What a model that was not made here is known by."""
    if ancestor.made != "model":
        return ""
    node = next((n for n in manifest["nodes"].values() if (n["owner"] or n["id"]) == ancestor.name), None)
    known = next((n for n in manifest["graph"]["nodes"] if node is not None and n["id"] == node["id"]), None)
    return "" if known is None else str(known["params"].get("id") or known["params"].get("path") or "")


def _header(name: str, licence: str, ancestors: list[Ancestor]) -> str:
    """The YAML header. Every value is written as JSON, which YAML reads as it is."""
    lines = [f"model_name: {json.dumps(name)}", 'library_name: "transformers"', 'pipeline_tag: "text-generation"']
    if licence:
        lines += licence_lines(licence)
    merged = any(a.made == "merge" for a in ancestors)
    return "\n".join([*lines, 'tags: ["tunec", "merge"]' if merged else 'tags: ["tunec"]'])


def _measured(folder: Path, name: str, manifest: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The evaluations that measured the model: their names, and their scores."""
    for target, known in sorted(manifest["targets"].items()):
        path = folder / "evaluations" / f"{target}.json"
        if known["kind"] == "evaluate" and path.exists():
            scores = json.loads(path.read_text(encoding="utf-8"))
            if any(name in score["models"] for score in scores):
                yield target, scores
