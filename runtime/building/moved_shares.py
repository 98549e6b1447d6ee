"""Shares that `balance` and `mix` have set, measured again where a later stage dropped or repeated rows, or changed
texts whose tokens were counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunec.compiler import lowered
from tunec.compiler.graph import Node
from tunec.compiler.lowered import Field, Let, expect_all, shares_of, walk
from tunec.compiler.planning.order import COSTS, cost_of
from tunec.compiler.planning.plan import Planned
from tunec.compiler.wording import named_rules, text_of, told_apart
from tunec.dsl.diagnostics import Diagnostic
from tunec.runtime.engine.step import StepContext

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray


def moved_shares(context: StepContext, step: Planned) -> Iterator[tuple[Diagnostic, bool]]:
    """What no longer holds at the end of a data set, and whether it is a bound of `balance`, which must hold: not where
    rows were only repeated, as somebody wanted who saw the bound."""
    graph, results = context.results.plan.graph, context.results
    ends = {target.node for target in graph.targets.values()}
    if step.step.id not in ends:
        return
    dropped, made = (_counted(context, what) for what in ("dropped", "made"))
    later: list[tuple[str, bool, bool]] = []  # stages, whether they dropped rows, and whether they repeated some
    node = graph.node(step.step.id)
    while node.op.startswith("stages."):
        tokens = node.params.get("by") == "tokens"
        moved = [(name, drops or not made) for name, drops, made in reversed(later) if drops or made or tokens]
        names = [name for name, _ in moved]
        if node.op in ("stages.balance", "stages.mix") and names:
            rows = results.rows(step.step.id)
            by = f"after {', '.join(f'`{name}`' for name in names)}"
            measure = _bounds if node.op == "stages.balance" else _mixture
            for text, said in measure(context, node, rows):
                span = graph.rule_spans.get((node.id, text), graph.spans[node.id])
                shown = named_rules(graph, context.catalogue).get((node.id, text), text)
                message = f"`{shown}` no longer holds {by}: {said}"
                help_ = f"move `{node.op.split('.')[-1]}` below that stage"
                yield (
                    Diagnostic("T903", message, span, help=help_),
                    node.op == "stages.balance" and any(binds for _, binds in moved),
                )
        drops, makes = bool(dropped.get(node.id)), bool(made.get(node.id))
        if drops or makes or context.catalogue.at(node.op).changes_text:
            later.append((node.op.split(".")[-1], drops, makes))
        node = graph.node(node.inputs[0])
        if node.id in ends:
            return  # what another data set says of its shares holds for its own rows


def _counted(context: StepContext, what: str) -> dict[str, int]:
    """How many rows each node `dropped`, or `made` of others."""
    store = context.results.store
    return {
        node.id: account[what]
        for step in context.results.plan.steps
        if store.has(step.fingerprint)
        for node, account in zip(step.step.nodes, store.info(step.fingerprint).get("nodes", ()), strict=False)
    }


def _weight(node: Node, rows: pl.DataFrame) -> NDArray[np.float64]:
    import numpy as np

    from tunec.runtime.text.turns import row_tokens

    return row_tokens(rows).astype(np.float64) if node.params.get("by") == "tokens" else np.ones(rows.height)


def _bounds(context: StepContext, node: Node, rows: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """The constraints of a `balance` that rows do not fulfil, each with the value that is worst."""
    weight = _weight(node, rows)
    rules = expect_all(lowered.Constraint, node.params["rules"])
    for rule, told in zip(rules, told_apart(rules, context.catalogue), strict=True):
        parts = list(walk(rule.of))
        needed = {p.name for p in parts if isinstance(p, Let) or (isinstance(p, Field) and p.name == "split")}
        costly = COSTS.index(cost_of(rule, context.catalogue)) > COSTS.index("embed")
        if costly or not needed <= set(rows.columns):
            continue
        broken = list(_broken(context, node, rule, rows, weight))
        if broken:
            yield text_of(told, context.catalogue), max(broken)[1]


def _broken(
    context: StepContext, node: Node, rule: lowered.Constraint, rows: pl.DataFrame, weight: NDArray[np.float64]
) -> Iterator[tuple[float, str]]:
    from tunec.runtime.text.demands import cells_of

    cells = cells_of([context.binder(node).constraint(rule, rows)], rows.height)
    amount, count = _sums(cells.cell, weight, cells.count), _sums(cells.cell, weight * 0 + 1, cells.count)
    for demand in cells.demands:
        if not demand.holds(amount, count, float(weight.max(initial=1.0)), exactly=node.params.get("by") != "tokens"):
            about = "" if demand.value == "true" else f" for {demand.value!r}"
            found = amount[demand.members].sum() / max(amount.sum(), 1) if demand.shared else 0.0
            said = f"{found:.2%}" if demand.shared else f"{count[demand.members].sum():,.0f}"
            yield demand.excess(amount, count), f"it is {said}{about} of {rows.height:,} rows"


def _sums(cell: NDArray[np.int64], weight: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    import numpy as np

    return np.bincount(cell, weights=weight, minlength=count).astype(np.float64)


def _mixture(context: StepContext, node: Node, rows: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """A mixture that rows no longer are, to the row."""
    shares = {key.node: share for key, share in shares_of(node.params) if isinstance(key, lowered.Ref)}
    weight, total = _weight(node, rows), sum(shares.values())
    if not shares or not weight.sum():
        return
    names = context.results.plan.graph
    origin = context.binder(node).named_origins(node.params, rows)["origin"]
    found = {n: float(weight[(origin == context.results.origin(n)).to_numpy()].sum()) for n in shares}
    whole = sum(found.values())
    if any(abs(found[n] - share / total * whole) >= weight.max() for n, share in shares.items()):
        said = {
            n: next(iter(names.origins.get(n, ())), next((t for t, x in names.targets.items() if x.node == n), n))
            for n in shares
        }
        parts = (f"`{said[n]}` {found[n] / whole:.2%} instead of {share / total:.2%}" for n, share in shares.items())
        yield "mix", ", ".join(parts)
