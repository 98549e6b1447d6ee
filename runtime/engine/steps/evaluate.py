"""An evaluation: numbers of models, and how they differ."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

from tunec.compiler.graph import Node, canonical
from tunec.compiler.lowered import Call, expect_all, references
from tunec.runtime.base.method import Measure, Reading
from tunec.runtime.engine.step import NodeKind, StepContext
from tunec.runtime.models.comparing import difference


def _evaluate(context: StepContext, node: Node, folder: Path) -> dict[str, Any]:
    binder = context.binder(node)
    models = [context.resolve(model) for model in references(node.params["models"])]
    scores: list[dict[str, Any]] = []
    items: list[list[dict[str, tuple[float, float]]]] = []
    for call in expect_all(Call, node.params["measures"]):
        bound = binder.bound(call)
        measure: Measure = bound.call()
        readings = [measure(model) for model in models]
        scores.append({"measure": bound.text, **_told(readings)})
        items.append([reading.items for reading in readings])
    (folder / "scores.json").write_text(canonical(scores), encoding="utf-8")
    (folder / "items.json").write_text(json.dumps(items), encoding="utf-8")
    return {"scores": scores, "notes": list(context.services.said_missing())}


def _told(readings: list[Reading]) -> dict[str, Any]:
    """The numbers of the models, and the differences of every two of them."""
    pairs = [
        {"first": one, "second": two, **found}
        for one, two in combinations(range(len(readings)), 2)
        if (found := difference(readings[one], readings[two])) is not None
    ]
    return {
        "models": [reading.numbers for reading in readings],
        "compared": readings[0].compared,
        "lower": readings[0].lower,
        "differences": pairs,
    }


KIND = NodeKind("evaluate", files=_evaluate, told=lambda info: f"{len(info['scores'])} measures")
