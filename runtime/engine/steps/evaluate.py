"""An evaluation: numbers of models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tunec.compiler.graph import Node, canonical
from tunec.compiler.lowered import Call, expect_all, references
from tunec.runtime.engine.step import NodeKind, StepContext


def _evaluate(context: StepContext, node: Node, folder: Path) -> dict[str, Any]:
    binder = context.binder(node)
    models = [context.resolve(model) for model in references(node.params["models"])]
    scores = []
    for call in expect_all(Call, node.params["measures"]):
        bound = binder.bound(call)
        measure = bound.call()
        scores.append({"measure": bound.text, "models": [measure(model) for model in models]})
    (folder / "scores.json").write_text(canonical(scores), encoding="utf-8")
    return {"scores": scores}


KIND = NodeKind("evaluate", files=_evaluate, told=lambda info: f"{len(info['scores'])} measures")
