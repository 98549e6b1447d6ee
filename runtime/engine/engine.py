"""Runs the steps of a plan, one after another, and accounts for every row on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Node
from tunec.compiler.planning.plan import Plan, Planned
from tunec.compiler.wording import named_rules
from tunec.runtime.base.memory import Memory
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.parallel import most_memory
from tunec.runtime.base.workers import Workers
from tunec.runtime.engine import talks
from tunec.runtime.engine.services import Services, counted
from tunec.runtime.engine.step import PortionsMade, Reporter, RowsMade, StepContext
from tunec.runtime.engine.steps import node_kinds
from tunec.runtime.engine.tally import Tally
from tunec.runtime.rows.frame import write_parquet
from tunec.runtime.sources.outside import Outside
from tunec.runtime.store.results import Results
from tunec.runtime.store.store import Store

if TYPE_CHECKING:
    import polars as pl


#: Seconds that a build which failed waits for answers that are on their way, and paid for.
_PATIENCE = 5.0


class StepFailed(Exception):
    """A step could not be run; what came before is kept."""

    def __init__(self, step: Planned, node: Node, reason: str) -> None:
        super().__init__(reason)
        self.step = step
        self.node = node


@dataclass
class Engine:
    """Runs a plan against a store. `outside` knows where sources lie."""

    plan: Plan
    catalogue: Catalogue
    store: Store
    outside: Outside
    reporter: Reporter
    ended: Callable[[Planned], None] = lambda step: None  # looks at what a step made; may raise
    max_cost: float | None = None  # dollars
    account: str = ""  # the name that payments are noted under
    bound: Memory | None = None  # on what is held at once
    workers: Workers | None = None  # who work on portions, beside this process
    seconds: dict[str, float] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)  # the most that was held up to the end of a step, in bytes
    results: Results = field(init=False)
    services: Services = field(init=False)
    context: StepContext = field(init=False)

    def __post_init__(self) -> None:
        self.results = Results(self.plan, self.store, self.bound, self.workers)
        self.services = Services(
            self.store, self.reporter.progress, self.outside.folder, account=self.account,
            max_cost=self.max_cost, workers=self.workers,
        )  # fmt: skip
        self.context = StepContext(
            self.catalogue, self.results, self.outside, self.services, self.reporter, node_kinds()
        )

    def take(self, plan: Plan) -> None:
        """Go on with another plan of the same build."""
        self.plan = self.results.plan = plan

    def run(self) -> None:
        """Run what is pending, in order. Each step is stored as soon as it is whole, and looked at then; those that
        were stored before are looked at first."""
        patience: float | None = 0.0
        try:
            self._run_pending()
            patience = None
        except StepFailed:
            patience = _PATIENCE
            raise
        finally:
            self.services.close(patience)

    def _run_pending(self) -> None:
        pending = self.plan.pending
        missing = {node.id for step in pending for node in step.step.nodes}
        # One whose input runs again, since it was damaged, is looked at in its turn.
        later = [s for s in self.plan.steps if s.cached and missing.intersection(map(self._whole, s.step.inputs))]
        for step in self.plan.steps:
            if step.cached and step not in later:
                self.ended(step)
        for step in (s for s in self.plan.steps if not s.cached or s in later):
            if step.cached:
                self.ended(step)
                continue
            self.reporter.start(step, pending.index(step), len(pending))
            began = time.monotonic()
            with self.store.locked(step.fingerprint, self.reporter.warn):
                # Another build may have made it since this one was planned.
                undone = any(self.outside.lacks_file(node) for node in step.step.nodes)
                if step.reason == "forced" or undone or not self.store.has(step.fingerprint):
                    with self.store.writing(step.fingerprint) as folder:
                        self.store.seal(folder, self._run(step, folder))
            self.seconds[step.label] = time.monotonic() - began
            self.memory[step.label] = most_memory()
            self.reporter.done(step, self.store.info(step.fingerprint))
            self.ended(step)

    def _whole(self, id: str) -> str:
        """The node of which another is a view, or the node itself."""
        node = self.plan.graph.node(id)
        return self._whole(node.inputs[0]) if node.op == "part" else id

    def _run(self, step: Planned, folder: Path) -> dict[str, Any]:
        """Run a step in a folder; gives what is recorded of it."""
        node = step.step.nodes[-1]
        self.services.begin(step.fingerprint)
        try:
            files = self.context.kind(node).files
            if files is None:
                return self._rows(step, folder)
            info = files(self.context, node, folder)
            for note in info.get("notes", ()):
                self.reporter.warn(f"{step.label}: {self._named(note, step)}")
            return info
        except OperatorError as error:
            raise StepFailed(step, node, self._named(str(error), step)) from error

    def _rows(self, step: Planned, folder: Path) -> dict[str, Any]:
        """Run the nodes of a step, each on the rows of the one before it."""
        totals: dict[str, float] = {}
        found = self._in_portions(step, folder) if self.bound is not None else None
        nodes = found if isinstance(found, list) else None
        if nodes is None:
            nodes, totals = self._at_once(step, folder, found if isinstance(found, RowsMade) else None)
        spent = self.services.spent()
        return {
            "nodes": nodes,
            "rows_in": nodes[0]["rows_in"],
            "made": sum(n["made"] for n in nodes),
            "rows_out": nodes[-1]["rows_out"],
            "dropped": sum(n["dropped"] for n in nodes),
            **totals,
            **{name: round(totals.get(name, 0) + count, 6) for name, count in spent.items()},
        }

    def _in_portions(self, step: Planned, folder: Path) -> list[dict[str, Any]] | RowsMade | None:
        """The accounts of the nodes of a step whose rows are too many for the memory, and were written. What was read
        that is small; None where rows are few, or are needed all at once."""
        first = step.step.nodes[0]
        kind = self.context.kind(first)
        if kind.portions is None:
            return None
        from tunec.runtime.engine.portions import gathered, in_portions
        from tunec.runtime.rows.portions import Rows

        tallies: list[Tally] | None
        if kind.gathers:
            made = kind.portions(self.context, first, None)
            if not isinstance(made, PortionsMade):
                return made
            tallies = gathered(self.context, step.step.nodes, made, folder)
        else:
            rows = self.results.portions(first.inputs[0])
            tallies = in_portions(self.context, step.step.nodes, rows, folder) if isinstance(rows, Rows) else None
        if tallies is None:
            return None
        return [self._told(step, tally.account(self.results.origin(tally.node.id), counted)) for tally in tallies]

    def _at_once(
        self, step: Planned, folder: Path, read: RowsMade | None
    ) -> tuple[list[dict[str, Any]], dict[str, float]]:
        """The same of a step whose rows are in memory, as what was `read` is, and what it took to make them."""
        import polars as pl

        rows: pl.DataFrame | None = None
        dropped: list[pl.DataFrame] = []
        nodes: list[dict[str, Any]] = []
        totals: dict[str, float] = {}
        for node in step.step.nodes:
            make = self.context.kind(node).rows
            assert make is not None, node.op
            made = make(self.context, node, rows) if read is None else read
            rows, read, tally = made.rows, None, Tally.of(node, made, *self.services.heard())
            if made.hides is not None:
                dropped = [made.hides(drops) for drops in dropped]
            dropped.append(made.drops)
            if made.asked is not None:
                write_parquet(made.asked, folder / talks.FILE)
            nodes.append(self._told(step, tally.account(self.results.origin(node.id), counted)))
            totals |= made.totals
        assert rows is not None
        write_parquet(rows, folder / "rows.parquet", quick=True)
        self.results.keep(step.step.id, rows)
        write_parquet(pl.concat(dropped), folder / "drops.parquet")
        return nodes, totals

    def _told(self, step: Planned, account: dict[str, Any]) -> dict[str, Any]:
        for note in account["notes"]:
            self.reporter.warn(f"{step.label}: {self._named(note, step)}")
        return account

    def _named(self, message: str, step: Planned) -> str:
        """The message with names for the origins that operators know rows by, and in the rules of a step."""
        for node, names in self.plan.graph.origins.items():
            message = message.replace(self.results.origin(node), f"`{names[0]}`")
        for name, target in self.plan.graph.targets.items():
            message = message.replace(self.results.origin(target.node), f"`{name}`")
        if "@" in message:
            nodes = {node.id for node in step.step.nodes}
            rules = named_rules(self.plan.graph, self.catalogue)
            for (node, text), named in sorted(rules.items(), key=lambda rule: -len(rule[0][1])):
                message = message.replace(text, named) if node in nodes else message
        return message
