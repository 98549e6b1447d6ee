"""What is known of the contamination of scored models: of the rows that they were trained on, and of the models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tunec.runtime.versions.lineage import lineage_of, owners_of

#: The number of a contamination measure that is told, by its method.
_TOLD = {"seen": "items seen", "auc": "AUC", "min_k": "Min-K %", "min_k_plus": "Min-K %++"}


def statements(manifest: Mapping[str, Any], name: str, scores: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One sentence for each benchmark that an evaluation scores models on: which training rows were checked against it,
    of which models nothing is known, and what was measured of the models themselves."""
    nodes = {node["id"]: node for node in manifest["graph"]["nodes"]}
    owners = owners_of(manifest)
    params = nodes[manifest["graph"]["targets"][name]["node"]]["params"]
    models = [entry["ref"] for entry in params["models"]]
    benchmarks: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for measure, score in zip(params["measures"], scores, strict=True):
        on = measure["args"].get("on")
        if isinstance(on, Mapping) and nodes[on["ref"]]["rows"] == "choice":
            benchmarks.setdefault(owners[on["ref"]], []).append((measure["call"], score))
    ancestors = {a.name: a for model in models for a in lineage_of(manifest, model)}
    for benchmark, measures in benchmarks.items():
        trained = [a for a in ancestors.values() if a.made == "train"]
        clean = [f"`{a.rows}` ({a.name})" for a in trained if benchmark in a.checked]
        unchecked = [f"`{a.rows}` ({a.name})" for a in trained if benchmark not in a.checked]
        parts = [f"the rows of {', '.join(clean)} were checked against it"] if clean else []
        parts += [f"the rows of {', '.join(unchecked)} were NOT checked against it"] if unchecked else []
        unknown = [f"`{a.name}`" for a in ancestors.values() if a.made == "model"]
        parts += [f"what {', '.join(unknown)} read before is not known"] if unknown else []
        found = [_told(score) for call, score in measures if call == "evaluate.contamination"]
        parts.append(f"measured of the models: {'; '.join(found)}" if found else "the models were not measured for it")
        yield f"{benchmark}: {'; '.join(parts)}."


def _told(score: Mapping[str, Any]) -> str:
    told = []
    for model, numbers in score["models"].items():
        key = "auc" if "auc" in numbers else score["compared"]
        low, high = (numbers[f"{key}_{end}" if key == "auc" else end] for end in ("low", "high"))
        if isinstance(numbers[key], int | float) and isinstance(low, int | float):
            told.append(f"{model} {numbers[key]:.2f} ({low:.2f} to {high:.2f})")
    name = "auc" if any("auc" in numbers for numbers in score["models"].values()) else score["compared"]
    return f"{_TOLD.get(name, name)} {', '.join(told)}"
