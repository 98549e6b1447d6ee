"""A few rows of a declaration that is not built: the first ones of its sources, through stages that look at one row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Graph, Node, Target
from tunec.compiler.planning.order import COSTS
from tunec.compiler.planning.steps import is_value, row_wise
from tunec.dsl.diagnostics import Diagnostic
from tunec.runtime.building.build import Wanted, plan_build
from tunec.runtime.engine.engine import Engine
from tunec.runtime.engine.step import Reporter
from tunec.runtime.sources.outside import Access
from tunec.runtime.store.store import Store

if TYPE_CHECKING:
    import polars as pl

ROWS = 100  # of each source


def reachable(graph: Graph, catalogue: Catalogue, node_id: str) -> Node | None:
    """The last node on the way to another whose rows need no other rows and no model; None behind a generation."""
    quick: dict[str, bool] = {}
    for node in graph.nodes:
        alone = node.op == "concat" or (row_wise(node, catalogue) and COSTS.index(node.cost) < COSTS.index("embed"))
        inputs = all(quick[i] for i in node.inputs)
        quick[node.id] = is_value(node) or node.op.startswith("connectors.") or (alone and inputs)
    node = graph.node(node_id)
    while not quick[node.id]:
        if not node.inputs or not (node.op in ("concat", "part") or node.op.startswith("stages.")):
            return None
        ways = node.inputs if node.op == "concat" else node.inputs[:1]
        node = graph.node(next((i for i in ways if quick[i]), ways[0]))
    return node


def preview(
    graph: Graph, catalogue: Catalogue, folder: Path, store: Store, node: Node, access: Access, reporter: Reporter
) -> tuple[pl.DataFrame | None, tuple[Diagnostic, ...]]:
    """The rows of a node, of the first rows of its sources; None with what is wrong with the sources."""
    small = replace(graph, targets={"": Target("dataset", node.id)})
    planning = plan_build(small, catalogue, folder, store, Wanted(sample=ROWS), access)
    if planning.problems:
        return None, planning.problems
    store.prepare()
    engine = Engine(planning.plan, catalogue, store, planning.outside, reporter, account=planning.account)
    with store.lease():
        engine.run()
    return engine.results.rows(planning.plan.graph.targets[""].node), ()
