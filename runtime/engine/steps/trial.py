"""One subset of a fitted rule, or of a mixture that is searched: its rows, and the loss of the model that is fine-tuned
on them."""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Call, Lowered, expect
from tunec.compiler.planning.fingerprint import seed_of
from tunec.runtime.base.values import Trial
from tunec.runtime.engine.step import NodeKind, StepContext
from tunec.runtime.engine.steps.train import tell_left_out
from tunec.runtime.models.local import forget

if TYPE_CHECKING:
    import polars as pl

#: What a trial writes: what it was trained on, and what came of it.
FILE = "trial.json"


def _trial(context: StepContext, node: Node, folder: Path) -> dict[str, Any]:
    draw = context.binder(node).bound(expect(Call, node.params["subset"])).call()
    rows = draw(context.results.rows(node.inputs[0]), int(str(node.params["seed"])))
    return tried(context, node, folder, rows, node.params)


def tried(
    context: StepContext,
    node: Node,
    folder: Path,
    rows: pl.DataFrame,
    seed: Mapping[str, Lowered],
    history: Sequence[tuple[int, float]] = (),
) -> dict[str, Any]:
    """Fine-tune on rows as a trial says, and write what came of it; gives what is recorded of the step. `seed` is what
    the seed of the training depends on, `history` the trials that this one was chosen by: rows and loss of each."""
    binder = context.binder(node)
    train, measure = (binder.bound(expect(Call, node.params[name])).call() for name in ("finetune", "loss"))
    fingerprint = context.results.plan.prints[node.id]
    out, work = folder / "model", context.results.store.work(fingerprint)
    out.mkdir()
    model, left = train(rows, out, work, seed_of("trial", seed), context.reporter.progress)
    tell_left_out(context, left, rows.height)
    read = measure(replace(model, revision=fingerprint))
    loss = read.numbers[read.compared]
    # What is wanted is the number: the weights of many trials would fill a disk, and the memory.
    shutil.rmtree(out)
    forget()
    gc.collect()
    given, gone = rows.height, {item.row for item in left}
    rows = rows[[number for number in range(given) if number not in gone]]
    shares = dict(rows["origin"].value_counts().sort("origin").iter_rows())
    found = {"ids": rows["id"].to_list(), "rows": given, "loss": loss, "sources": shares, "items": read.items}
    found["history"] = [*history, (given, loss)]
    (folder / FILE).write_text(json.dumps(found), encoding="utf-8")
    return {"rows_in": given, "rows_out": rows.height, "loss": loss}


def trial_of(context: StepContext, node: Node) -> Trial:
    """What a trial found, as others read it."""
    found = json.loads((context.results.folder(node.id) / FILE).read_text(encoding="utf-8"))
    items = {name: (float(nats), float(tokens)) for name, (nats, tokens) in found["items"].items()}
    return Trial(found["rows"], found["loss"], found["sources"], items)


def told(info: Mapping[str, Any]) -> str:
    """What became of a trial, in a few words."""
    return f"{info['rows_out']:,} rows, loss {info['loss']:.4f}"


KIND = NodeKind("trial", files=_trial, stands_for=trial_of, told=told)
