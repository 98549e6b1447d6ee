"""Stages that look at one row at a time, run one after another on a portion of rows: here, or by a worker.

A worker is sent what the stages say, as the graph has it, and nothing of the store: rows of other declarations, files
beside the spec and models are not there for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Graph, Node
from tunec.compiler.lowered import entries_from_json, entries_to_json, references
from tunec.compiler.planning.fingerprint import operators_of
from tunec.compiler.planning.plan import Plan
from tunec.compiler.types import RowType
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.resources import version_of
from tunec.runtime.base.workers import Settings, Work, Worked
from tunec.runtime.catalogue import load_catalogue
from tunec.runtime.engine.mixed import mixed_columns
from tunec.runtime.engine.services import Services
from tunec.runtime.engine.step import StepContext
from tunec.runtime.engine.steps import node_kinds
from tunec.runtime.engine.tally import Tally
from tunec.runtime.sources.outside import Outside
from tunec.runtime.store.results import Results
from tunec.runtime.store.store import Store

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Rows


def passed(
    context: StepContext, nodes: Sequence[Node], part: pl.DataFrame
) -> tuple[pl.DataFrame, list[pl.DataFrame], list[Tally]]:
    """The rows of a portion that come through all nodes; those that each dropped, and its account."""
    drops: list[pl.DataFrame] = []
    tallies: list[Tally] = []
    for node in nodes:
        make = context.kind(node).rows
        assert make is not None, node.op
        made = make(context, node, part)
        if made.hides is not None:
            drops = [made.hides(earlier) for earlier in drops]
        drops.append(made.drops)
        tallies.append(Tally.of(node, made, *context.services.heard()))
        part = made.rows
    return part, drops, tallies


def all_passed(
    context: StepContext, nodes: Sequence[Node], rows: Rows
) -> Iterator[tuple[pl.DataFrame, list[pl.DataFrame], list[Tally]]]:
    """The same of each portion of rows, by workers where there are any and the nodes need nothing that they lack."""
    workers = context.services.workers
    if workers is None or not _portable(context, nodes):
        for part in rows.parts():
            yield passed(context, nodes, part)
        return
    for worked in workers.each(chain, _settings(context, nodes), rows.parts()):
        part, *drops = worked.frames
        said: Any = worked.said
        yield part, drops, [Tally.from_json(node, one) for node, one in zip(nodes, said, strict=True)]


def chain(settings: Settings) -> Work:
    """The task that has portions pass nodes."""
    context, nodes = _received(settings)

    def work(part: pl.DataFrame) -> Worked:
        rows, drops, tallies = passed(context, nodes, part)
        return Worked((rows, *drops), [tally.to_json() for tally in tallies])

    return work


def _portable(context: StepContext, nodes: Sequence[Node]) -> bool:
    """Whether nodes need only their rows, and the names of sources: no rows of data sets, and no files."""
    node_of = context.results.plan.graph.node
    named = [node_of(ref) for node in nodes for ref in references(node.params)]
    if any(not node.op.startswith("connectors.") and node.op != "generate" for node in named):
        return False
    return not any(operator.paths for node in nodes for operator, _ in operators_of(node, context.catalogue))


def _settings(context: StepContext, nodes: Sequence[Node]) -> dict[str, Any]:
    plan, head = context.results.plan, nodes[0].inputs[0]
    operators = {o.path: o for node in nodes for o, _ in operators_of(node, context.catalogue)}
    named = {node.id for node in nodes} | {ref for node in nodes for ref in references(node.params)}
    return {
        "seed": plan.graph.spec["seed"],
        "head": head,
        "mixed": dict(mixed_columns(context.results, head, context.mixed)),
        "nodes": [
            {
                "id": n.id,
                "op": n.op,
                "params": entries_to_json(n.params),
                "rows": n.rows and n.rows.value,
                "cost": n.cost,
            }
            for n in nodes
        ],
        "named": [[node.id, node.op] for node in plan.graph.nodes if node.id in named and node not in nodes],
        "prints": {node: plan.prints[node] for node in sorted(named)},
        "operators": {path: operator.version for path, operator in operators.items()},
        "packages": {name: version_of(name) for operator in operators.values() for name in operator.packages},
    }


def _received(settings: Settings) -> tuple[StepContext, list[Node]]:
    """Nodes with what they may use. What comes before them is one node that stands for all of it."""
    catalogue = load_catalogue()
    _check(settings, catalogue)
    nodes: list[Node] = []
    before = settings["head"]
    for said in settings["nodes"]:
        params, kind = entries_from_json(said["params"]), said["rows"] and RowType(said["rows"])
        nodes.append(Node(said["id"], said["op"], (before,), params, kind, said["cost"]))
        before = said["id"]
    head = Node(settings["head"], "concat", (), {}, None, "cheap")
    named = [Node(id, op, (), {}, None, "cheap") for id, op in settings["named"] if id != head.id]
    graph = Graph({"seed": settings["seed"]}, {}, (head, *named, *nodes), {}, {}, {}, {}, {}, {})
    store, silent = Store(Path()), _Silent()
    results = Results(Plan(graph, (), settings["prints"], {}), store)
    services = Services(store, silent.progress, Path())
    context = StepContext(
        catalogue,
        results,
        Outside(graph, catalogue, Path()),
        services,
        silent,
        node_kinds(),
        {head.id: settings["mixed"]},
    )
    return context, nodes


def _check(settings: Settings, catalogue: Catalogue) -> None:
    """Raise OperatorError where this process would compute something else than the one that sent it."""
    for path, version in settings["operators"].items():
        kind, _, name = path.partition(".")
        found = catalogue.find(kind, name)
        if found is None or found.version != version:
            raise OperatorError(f"`{name}` is not here what it is where the build runs: install the same packages")
    for package, version in settings["packages"].items():
        if version_of(package) != version:
            raise OperatorError(
                f"{package} {version_of(package)} is installed here, and {version} where the build runs"
            )


class _Silent:
    """A reporter of a process that nobody listens to: what is worth telling is in the accounts of the nodes."""

    def start(self, step: Any, number: int, total: int) -> None:
        pass

    def progress(self, done: int, total: int, what: str) -> None:
        pass

    def done(self, step: Any, info: dict[str, Any]) -> None:
        pass

    def warn(self, message: str) -> None:
        pass
