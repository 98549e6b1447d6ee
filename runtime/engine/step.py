"""What the files of `steps/` are made of: what a node may use, what it gives back, and how it says what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Node
from tunec.compiler.planning.plan import Planned
from tunec.compiler.planning.steps import is_value
from tunec.compiler.types import RowType
from tunec.runtime.base.values import Told
from tunec.runtime.engine.binding import Binder
from tunec.runtime.engine.mixed import mixed_columns
from tunec.runtime.engine.services import Services
from tunec.runtime.sources.outside import Outside, value_of
from tunec.runtime.store.results import Results

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Rows
    from tunec.runtime.text.losses import Lost


class Reporter(Protocol):
    """Tells the person who waits."""

    def start(self, step: Planned, number: int, total: int) -> None:
        """A step begins."""

    def progress(self, done: int, total: int, what: str) -> None:
        """The running step is that far."""

    def done(self, step: Planned, info: dict[str, Any]) -> None:
        """A step has ended; `info` is what was recorded of it."""

    def warn(self, message: str) -> None:
        """Something that a person should know."""


@dataclass(frozen=True, slots=True)
class RowsMade:
    """What a node made of rows. `given` counts the rows that it was given, `made` those that it added. `totals` counts
    what the making took, `findings` holds what was found besides, `facts` what else is recorded of the node. `hides` is
    applied to the rows that earlier nodes of the step dropped. `asked` is what was asked of models for the rows. `lost`
    counts the rows by origin, `tally` what `told` makes notes and findings of: both add up over portions of rows."""

    rows: pl.DataFrame
    drops: pl.DataFrame
    given: int = 0
    made: int = 0
    notes: tuple[str, ...] = ()
    findings: Mapping[str, Any] | None = None
    totals: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    hides: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    asked: pl.DataFrame | None = None
    lost: Lost | None = None
    tally: Mapping[str, int] | None = None
    told: Callable[[Mapping[str, int]], Told] | None = None


@dataclass(frozen=True, slots=True)
class PortionsMade:
    """What a node made of rows that are not all in memory. `drops()` gives the dropped rows in portions, one at least,
    `rules` counts them by their rules; the rest is as in `RowsMade`."""

    rows: Rows
    drops: Callable[[], Iterator[pl.DataFrame]]
    rules: Mapping[str, int] = field(default_factory=dict)
    given: int = 0
    made: int = 0
    notes: tuple[str, ...] = ()
    findings: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepContext:
    """What nodes may use while they run: the results of earlier steps, what lies outside, and models to ask."""

    catalogue: Catalogue
    results: Results
    outside: Outside
    services: Services
    reporter: Reporter
    kinds: Mapping[str, NodeKind]
    mixed: dict[str, Mapping[str, str]] = field(default_factory=dict)  # by node, of steps that this build ran
    _values: dict[str, Any] = field(default_factory=dict)  # models and embedders by node: weights are hashed for them

    def kind(self, node: Node) -> NodeKind:
        """The kind of a node: by its whole name, or by the kind of its operator."""
        return self.kinds.get(node.op) or self.kinds[node.op.split(".")[0]]

    def resolve(self, node_id: str) -> Any:
        """What a reference stands for: rows, a model, an embedder."""
        node = self.results.plan.graph.node(node_id)
        if not is_value(node):
            stands_for = self.kind(node).stands_for
            return stands_for(self, node) if stands_for is not None else self.results.rows(node_id)
        if node_id not in self._values:
            self._values[node_id] = value_of(node, self.catalogue, self.resolve, self.outside.folder)
        return self._values[node_id]

    def binder(self, node: Node) -> Binder:
        """Binds the calls of a node."""
        seed = int(str(node.params.get("seed", self.results.plan.graph.spec["seed"])))  # variants may have their own
        rows = node.rows or RowType.TEXT
        mixed = mixed_columns(self.results, node.id, self.mixed)
        return Binder(
            rows, self.catalogue, seed, self.resolve, self.results.origin, self.services.context, mixed, self.members
        )

    def members(self, node_id: str) -> pl.DataFrame | None:
        """The rows of a data set, or of a part of a source. None of a source and a generation: its rows carry it as
        their origin."""
        node = self.results.plan.graph.node(node_id)
        if node.op.startswith("connectors.") or node.op == "generate":
            return None
        return self.results.rows(node_id)


#: Makes the rows of a node, of those that the node before it in the step has just made (None at the head of a step).
MakeRows: TypeAlias = "Callable[[StepContext, Node, pl.DataFrame | None], RowsMade]"
#: Makes the rows of a node of rows that are not all in memory (None at the head of a step), or reads rows that may turn
#: out to be too many for it. None where all rows are needed.
MakePortions: TypeAlias = "Callable[[StepContext, Node, Rows | None], PortionsMade | RowsMade | None]"
#: Makes the files of a node in a folder, and gives what is recorded of it.
MakeFiles: TypeAlias = Callable[[StepContext, Node, Path], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class NodeKind:
    """A kind of node: its name, which is a whole name of a node or a kind of operator, and how it is run.

    It makes either rows or files; rows that are too many for the memory by `portions`; one that `gathers`
    gets its rows by itself. `stands_for` gives what a reference to it means, where that is not rows; `told` says in a
    few words what became of it, from what was recorded, where that is not what became of its rows.
    """

    name: str
    rows: MakeRows | None = None
    portions: MakePortions | None = None
    gathers: bool = False
    files: MakeFiles | None = None
    stands_for: Callable[[StepContext, Node], Any] | None = None
    told: Callable[[Mapping[str, Any]], str] | None = None
