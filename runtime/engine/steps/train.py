"""A training: weights of a model, made of rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Call, Ref, expect, references
from tunec.compiler.planning.fingerprint import seed_of
from tunec.runtime.base.method import Job, LeftOut, Trained
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.engine.step import NodeKind, StepContext
from tunec.runtime.models.device import devices
from tunec.runtime.models.local import forget, is_adapter, on_top
from tunec.runtime.rows.dropped import RowsLost

if TYPE_CHECKING:
    import polars as pl


def _train(context: StepContext, node: Node, folder: Path) -> dict[str, Any]:
    binder = context.binder(node)
    extended = next(references(node.params.get("tokenizer")), None)
    adapter = binder.bound(expect(Call, node.params["adapter"])).call()
    objective = binder.bound(expect(Call, node.params["objective"])).call()
    rows, *watched = (context.results.rows(part) for part in node.inputs[1:] if part != extended)
    out = folder / "model"
    out.mkdir()
    work = context.results.store.work(context.results.plan.prints[node.id])
    seed = seed_of("train", node.params)
    base: ModelSpec = context.resolve(expect(Ref, node.params["base"]).node)
    if extended is not None:
        base = replace(base, tokenizer=context.resolve(extended))
    job = Job(base, rows, adapter, out, work, seed, context.reporter.progress, watched[0] if watched else None)
    tell_one_sided(context, rows)
    trained = _run(context, objective, job)
    _check_files(out)
    left = [_left_out(rows, item) for item in trained.left_out]
    (folder / "training.json").write_text(
        json.dumps({"log": trained.log, "summary": trained.summary}, indent=1, sort_keys=True), encoding="utf-8"
    )
    (folder / "batch.json").write_text(json.dumps(trained.batch, ensure_ascii=False), encoding="utf-8")
    tell_left_out(context, trained.left_out, rows.height)
    return {"rows_in": rows.height, "rows_out": rows.height - len(left), "left_out": left, **trained.summary}


def _run(context: StepContext, objective: Any, job: Job) -> Trained:
    """Train on all devices that there are, or on as many as can share a step."""
    there = devices()
    settings = objective.settings.shared_by(there)
    if settings.processes < there:
        context.reporter.warn(
            f"{settings.processes} of {there} GPUs train: `batch_size: {settings.batch_size}` is no multiple of more"
        )
    if settings.processes == 1:
        trained: Trained = objective.train(job)
        return trained
    from tunec.runtime.tuning.training import several

    forget()  # models that earlier steps loaded would stay in the memory that is now needed
    return several.train(objective, job, settings.processes)


def tell_one_sided(context: StepContext, rows: pl.DataFrame) -> None:
    """Warn of ratings that are all the same."""
    if "label" in rows.columns and rows["label"].n_unique() == 1:
        kind = "liked" if rows["label"][0] else "disliked"
        context.reporter.warn(f"every answer was {kind}: ratings of one kind alone have nothing to be told apart from")


def tell_left_out(context: StepContext, left: Sequence[LeftOut], of: int) -> None:
    """Warn of rows that a training left out, with the rules that did it."""
    if left:
        rules = ", ".join(dict.fromkeys(item.rule for item in left))
        context.reporter.warn(f"{len(left):,} of {of:,} rows are not trained on: {rules}")


def _left_out(rows: pl.DataFrame, item: LeftOut) -> dict[str, Any]:
    row = rows.row(item.row, named=True)
    return {"id": row["id"], "origin": row["origin"], **{k: v for k, v in asdict(item).items() if k != "row"}}


def _check_files(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.suffix in (".bin", ".pt", ".pkl", ".pth"):
            raise RowsLost(f"a trainer wrote {path.name}, which only pickle can read")


def _trained(context: StepContext, node: Node) -> ModelSpec:
    """The base with what was trained on top of it."""
    base: ModelSpec = context.resolve(expect(Ref, node.params["base"]).node)
    weights = context.results.folder(node.id) / "model"
    fingerprint = context.results.plan.prints[node.id]
    extended = next(references(node.params.get("tokenizer")), None)
    tokenizer = context.resolve(extended) if extended is not None else base.tokenizer
    made = replace(on_top(base, weights), revision=fingerprint, tokenizer="")
    # Whole weights have the new pieces in them.
    return replace(made, tokenizer=tokenizer) if is_adapter(made) else made


KIND = NodeKind(
    "train",
    files=_train,
    stands_for=_trained,
    told=lambda info: f"trained on {info['rows_out']:,} rows",
)
