"""One subset of a fitted rule: its rows, and the loss of the model that is fine-tuned on them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Call, expect
from tunec.compiler.planning.fingerprint import seed_of
from tunec.runtime.engine.step import NodeKind, StepContext


def _trial(context: StepContext, node: Node, folder: Path) -> dict[str, Any]:
    binder = context.binder(node)
    draw, train, measure = (
        binder.bound(expect(Call, node.params[name])).call() for name in ("subset", "finetune", "loss")
    )
    pool = context.results.rows(node.inputs[0])
    rows = draw(pool, int(str(node.params["seed"])))
    fingerprint = context.results.plan.prints[node.id]
    out, work = folder / "model", context.results.store.work(fingerprint)
    out.mkdir()
    model = train(rows, out, work, seed_of("trial", node.params), context.reporter.progress)
    loss = measure(replace(model, revision=fingerprint))
    shutil.rmtree(out)  # a fit wants the number: the weights of many subsets would fill a disk
    shares = dict(rows["origin"].value_counts().sort("origin").iter_rows())
    (folder / "trial.json").write_text(
        json.dumps({"ids": rows["id"].to_list(), "loss": loss, "sources": shares}), encoding="utf-8"
    )
    return {"rows_in": rows.height, "rows_out": rows.height, "loss": loss}


KIND = NodeKind("trial", files=_trial, told=lambda info: f"{info['rows_in']:,} rows, loss {info['loss']:.4f}")
