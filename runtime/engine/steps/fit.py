"""The weights of a fitted rule, of what was measured of its subsets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Call, expect, expect_all, references
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import FittedRule
from tunec.runtime.engine.step import NodeKind, StepContext

if TYPE_CHECKING:
    import polars as pl

#: What a fit writes, and a version holds.
FILE = "fit.json"


def _fit(context: StepContext, node: Node, folder: Path) -> dict[str, Any]:
    names = expect_all(str, node.params["indicators"])
    pool = context.results.rows(node.inputs[0])
    trials = [json.loads((context.results.folder(t) / "trial.json").read_text("utf-8"))
              for t in references(node.params["trials"])]  # fmt: skip
    means: dict[str, list[float]] = {name: [] for name in names}
    for number, trial in enumerate(trials, 1):
        rows = pool.filter(pool["id"].is_in(trial["ids"]))
        for name in names:
            means[name].append(_mean(rows, name, number))
    fit = context.binder(node).bound(expect(Call, node.params["method"])).call()
    losses = [trial["loss"] for trial in trials]
    found = {**fit(means, losses), "losses": losses, "means": means}
    (folder / FILE).write_text(json.dumps(found, indent=1, sort_keys=True), encoding="utf-8")
    return {"r2": found["r2"], "subsets": len(trials), "notes": list(found["warnings"])}


def _mean(rows: pl.DataFrame, name: str, number: int) -> float:
    mean = rows[name].cast(float).fill_nan(None).mean()
    if not isinstance(mean, float):
        raise OperatorError(f"`{name}` has no value in any row of subset {number}")
    return mean


def _fitted(context: StepContext, node: Node) -> FittedRule:
    found = json.loads((context.results.folder(node.id) / FILE).read_text(encoding="utf-8"))
    return FittedRule({weight["name"]: weight["value"] for weight in found["weights"]})


KIND = NodeKind("fit", files=_fit, stands_for=_fitted, told=lambda i: f"{i['subsets']} subsets, R2 {i['r2']:.3f}")
