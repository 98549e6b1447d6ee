"""One trial of a search over the size of a selection: as many rows as the trials before it suggest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tunec.compiler.graph import Node
from tunec.compiler.lowered import Call, Range, Ref, expect
from tunec.compiler.planning.fingerprint import seed_of
from tunec.compiler.types import RowType
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.engine.step import NodeKind, StepContext
from tunec.runtime.engine.steps.trial import FILE, told, trial_of, tried
from tunec.runtime.tuning.searching.sizes import next_size


def _sized(context: StepContext, node: Node, folder: Path) -> dict[str, Any]:
    search, before = expect(Call, node.params["search"]), node.params["before"]
    history: list[tuple[int, float]] = []
    if isinstance(before, Ref):
        earlier = json.loads((context.results.folder(before.node) / FILE).read_text(encoding="utf-8"))
        history = [(size, loss) for size, loss in earlier["history"]]
    pool = context.results.rows(node.inputs[0])
    low, high = _bounds(expect(Range, search.args["size"]), pool.height, len(history))
    size = next_size(low, high, history, seed_of("sized", {"seed": node.params["seed"]}))
    return chosen(context, node, folder, expect(Call, search.args["by"]), size, history)


def _bounds(size: Range, rows: int, tried: int) -> tuple[int, int]:
    """The least and the most rows to try. OperatorError where there is nothing left to try."""
    low, high = int(size.low or 1), rows if size.high is None else min(int(size.high), rows)
    if high - low < tried:
        left = f"there are only {max(0, high - low + 1):,} sizes from {low:,} on"
        raise OperatorError(f"search: of {rows:,} rows {left}; ask for fewer trials, or start below")
    return low, high


def chosen(
    context: StepContext, node: Node, folder: Path, by: Call, size: int, history: Sequence[tuple[int, float]] = ()
) -> dict[str, Any]:
    """A trial of so many rows, which a way to select takes. All are trained with the same seed, whatever their size."""
    pool, kind = context.results.rows(node.inputs[0]), context.results.plan.graph.node(node.inputs[0]).rows
    binder = replace(context.binder(node), rows=kind or RowType.TEXT)
    rows = pool[sorted(binder.bound(by).call(pool, count=size).tolist())]
    return tried(context, node, folder, rows, {"seed": node.params["seed"]}, history)


KIND = NodeKind("sized", files=_sized, stands_for=trial_of, told=told)
