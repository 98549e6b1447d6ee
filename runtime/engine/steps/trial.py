"""One subset of a fitted rule: its rows, and the loss of the model that is fine-tuned on them."""

from __future__ import annotations

import gc
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Call, expect
from tunec.compiler.planning.fingerprint import seed_of
from tunec.runtime.engine.step import NodeKind, StepContext
from tunec.runtime.engine.steps.train import tell_left_out
from tunec.runtime.models.local import forget


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
    model, left = train(rows, out, work, seed_of("trial", node.params), context.reporter.progress)
    tell_left_out(context, left, rows.height)
    loss = measure(replace(model, revision=fingerprint))
    # A fit wants the number: the weights of many subsets would fill a disk, and the memory.
    shutil.rmtree(out)
    forget()
    gc.collect()
    given, gone = rows.height, {item.row for item in left}
    rows = rows[[number for number in range(given) if number not in gone]]
    shares = dict(rows["origin"].value_counts().sort("origin").iter_rows())
    (folder / "trial.json").write_text(
        json.dumps({"ids": rows["id"].to_list(), "loss": loss, "sources": shares}), encoding="utf-8"
    )
    return {"rows_in": given, "rows_out": rows.height, "loss": loss}


KIND = NodeKind("trial", files=_trial, told=lambda info: f"{info['rows_out']:,} rows, loss {info['loss']:.4f}")
