"""Rows of steps that are not built, for a plan: what files and quick stages give, made in memory and stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tunec.compiler.planning.order import COSTS
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.engine.services import Services
from tunec.runtime.engine.step import Reporter, StepContext
from tunec.runtime.engine.steps import node_kinds
from tunec.runtime.store.results import Results

if TYPE_CHECKING:
    import polars as pl

    from tunec.compiler.catalogue import Catalogue
    from tunec.runtime.sources.outside import Outside


class NotBuilt(Exception):
    """Rows that only a build makes; the message names whose they are."""


@dataclass
class Unbuilt(Results):
    """Results of which those that are not stored are made when they are read, where that takes no model."""

    context: StepContext | None = None
    _made: dict[str, pl.DataFrame] = field(default_factory=dict)

    def rows(self, node_id: str) -> pl.DataFrame:
        """The rows of a node. Raises NotBuilt."""
        if self.plan.graph.node(node_id).op == "part" or self.store.has(self.plan.prints[node_id]):
            return super().rows(node_id)
        if node_id not in self._made:
            self._made[node_id] = self._make(node_id)
        return self._made[node_id]

    def _make(self, node_id: str) -> pl.DataFrame:
        assert self.context is not None
        node, graph = self.plan.graph.node(node_id), self.plan.graph
        name = graph.origins.get(node_id, (graph.owners.get(node_id, node_id),))[0]
        remote = node.op.startswith("connectors.") and self.context.catalogue.at(node.op).source == "hub"
        if node.op == "generate" or remote or COSTS.index(node.cost) >= COSTS.index("embed"):
            raise NotBuilt(f"the rows of `{name}` are not built yet")
        make = self.context.kind(node).rows
        assert make is not None, node.op
        try:
            return make(self.context, node, None).rows
        except OperatorError as error:
            raise NotBuilt(f"the rows of `{name}` cannot be made: {error}") from error


def planning_context(
    results: Unbuilt, catalogue: Catalogue, outside: Outside, reporter: Reporter, services: Services
) -> StepContext:
    """What nodes may use while they are planned."""
    context = StepContext(catalogue, results, outside, services, reporter, node_kinds())
    results.context = context
    return context
