"""A merge: weights of a model, made of those of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Call, expect, references
from tunec.compiler.planning.fingerprint import seed_of
from tunec.runtime.base.method import Merged, Merging
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.engine.step import NodeKind, StepContext


def _merge(context: StepContext, node: Node, folder: Path) -> dict[str, Any]:
    models: list[ModelSpec] = [context.resolve(model) for model in references(node.params["models"])]
    method: Merging = context.binder(node).bound(expect(Call, node.params["method"])).call()
    out = folder / "model"
    out.mkdir()
    work = context.results.store.work(context.results.plan.prints[node.id])
    made: Merged = method.merge(models, out, work, seed_of("merge", node.params))
    (folder / "merge.json").write_text(json.dumps(made.configuration, indent=1, sort_keys=True), encoding="utf-8")
    return {"models": len(models), "notes": list(made.notes)}


def _merged(context: StepContext, node: Node) -> ModelSpec:
    """The first model, with the merged weights in place of its own."""
    first: ModelSpec = context.resolve(next(references(node.params["models"])))
    weights = context.results.folder(node.id) / "model"
    fingerprint = context.results.plan.prints[node.id]
    return ModelSpec(first.kind, first.id, fingerprint, first.backend, first.options, str(weights))


KIND = NodeKind(
    "merge",
    files=_merge,
    stands_for=_merged,
    told=lambda info: f"merged {info['models']:,} models",
)
