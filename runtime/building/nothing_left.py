"""What nobody can have wanted: a rule that drops every row, a source that cannot be read, a split without rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tunec.compiler.catalogue import Catalogue
from tunec.compiler.graph import Node
from tunec.compiler.lowered import shares_of
from tunec.compiler.planning.plan import Planned
from tunec.compiler.wording import named_rules, node_names
from tunec.dsl.diagnostics import Diagnostic, Label
from tunec.dsl.source import Span
from tunec.runtime.rows.dropped import dropped_schema
from tunec.runtime.sources.review import WAIT
from tunec.runtime.store.results import Results

_RULES = 3  # rules that a message names
_VALUES = 3  # values that were seen, of each


class NothingLeft(Exception):
    """Something is empty that a person expects to hold rows. `diagnostics` says what, where, and by which rule."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("; ".join("\n  ".join((d.message, *d.notes)) for d in diagnostics))
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class Looker:
    """Looks at what steps made. Nothing is said where the spec allows what is empty."""

    results: Results
    catalogue: Catalogue

    def look(self, step: Planned) -> tuple[Diagnostic, ...]:
        """What is empty of a step's rows, by accident as far as anyone can tell."""
        graph = self.results.plan.graph
        accounts = self.results.store.info(step.fingerprint).get("nodes", ())
        if graph.spec.get("allow_empty"):
            return ()
        for node, account in zip(step.step.nodes, accounts, strict=False):
            found = tuple(self._of_node(step, node, account))
            if found:
                return found
        gone = tuple(self._split_gone(step, accounts))
        if gone:
            return gone
        targets = [name for name, target in graph.targets.items() if target.node == step.step.id]
        if targets and accounts and not accounts[-1]["rows_out"]:
            message = f"`{targets[0]}` has no rows: none came from {self._sources(step)}"
            return (self._diagnostic(message, graph.spans[step.step.id]),)
        return ()

    def _split_gone(self, step: Planned, accounts: Sequence[Mapping[str, Any]]) -> Iterator[Diagnostic]:
        """Of splits that came, those of which no row is left while others are."""
        head, last = step.step.nodes[0], step.step.nodes[-1]
        if not last.op.startswith("stages.") or not accounts or not accounts[-1]["rows_out"]:
            return
        here = self._splits(last.id)
        if not here:
            return
        graph = self.results.plan.graph
        before = head.inputs if head.op == "concat" else head.inputs[:1]
        dropping = [n for n, a in zip(step.step.nodes, accounts, strict=False) if a["dropped"]]
        came = set[str]().union(*map(self._splits, before))
        for split in sorted(came - here) if dropping else ():
            by = ", ".join(dict.fromkeys(f"`{node.op.split('.')[-1]}`" for node in dropping))
            message = f"{by} leaves nothing of the split `{split}` of `{graph.owners.get(last.id, '')}`"
            named = ("where one split alone is meant, name it after `from`: `NAME.train`",)
            yield self._diagnostic(message, graph.spans[dropping[-1].id], notes=named)

    def _splits(self, node: str) -> set[str]:
        rows = self.results.portions(node)
        if "split" not in rows.columns:
            return set()
        return set(rows.select("split").to_series().unique().drop_nulls())

    def _of_node(self, step: Planned, node: Node, account: Mapping[str, Any]) -> Iterator[Diagnostic]:
        graph, came = self.results.plan.graph, account["rows_in"] + account["made"]
        names = graph.origins.get(node.id) or (node_names(graph).get(node.id) or graph.owners.get(node.id, ""),)
        name, span = names[0], graph.spans[node.id]
        if node.op == "stages.split" and came:
            empty = [
                s for s, share in shares_of(node.params) if share and not account.get("splits", {s: 1}).get(str(s))
            ]
            for split in empty:
                yield self._diagnostic(f"the split `{split}` of `{name}` has no rows; there are {came:,} in all", span)
        if account["rows_out"] or not (came or node.op == "generate"):
            return
        if node.op == "generate" and not came:
            yield self._diagnostic(f"the generation `{name}` has no rows: no answer of the model holds one", span)
            return
        if node.op == "generate":
            message = f"the generation `{name}` has no rows: all {came:,} that the model wrote were dropped"
        elif node.op.startswith("connectors."):
            message = f"`{name}` has no rows: all {came:,} records were set aside"
        else:
            owner = graph.owners.get(node.id, name)
            message = f"`{node.op.split('.')[-1]}` leaves nothing of `{owner}`: all {came:,} rows were dropped"
        blamed = self._blamed(message, step, node, account)
        waiting = tuple(note for note in account.get("notes", ()) if WAIT in note)
        if waiting:
            # The file is written by now.
            help_ = "write a `decision` into the lines of the file, and build again"
            blamed = replace(blamed, help=help_, notes=(*waiting, *blamed.notes))
        yield blamed

    def _blamed(self, message: str, step: Planned, node: Node, account: Mapping[str, Any]) -> Diagnostic:
        """The diagnostic at the rule that dropped most, with the counts of the others, and with values seen."""
        graph = self.results.plan.graph
        shown = named_rules(graph, self.catalogue)
        counts = sorted(account["rules"].items(), key=lambda rule: (-rule[1], rule[0]))
        places = {rule: graph.rule_spans.get((node.id, rule)) for rule, _ in counts}
        notes = []
        for rule, count in counts[:_RULES]:
            seen = self._seen(step, account["node"], rule)
            values = f" (measured: {', '.join(seen)})" if seen else ""
            notes.append(f"dropped: {count:,} by `{shown.get((node.id, rule), rule)}`{values}")
        if len(counts) > _RULES:
            notes.append(f"dropped: {sum(n for _, n in counts[_RULES:]):,} by {len(counts) - _RULES} other rules")
        first = next((places[rule] for rule, _ in counts if places[rule]), None)
        others = [
            Label(place, f"dropped {count:,}")
            for rule, count in counts[1:_RULES]
            if (place := places[rule]) is not None and place != first
        ]
        label = f"dropped {counts[0][1]:,}" if counts else ""
        return self._diagnostic(message, first or graph.spans[node.id], label, tuple(others), tuple(notes))

    def _seen(self, step: Planned, node: str, rule: str) -> list[str]:
        """The values that a rule measured most often."""
        import polars as pl

        drops = pl.read_parquet(
            self.results.folder(step.step.id) / "drops.parquet", schema=dropped_schema(), glob=False
        )
        values = drops.filter((pl.col("node") == node) & (pl.col("rule") == rule))["value"].drop_nulls()
        counted = values.value_counts().sort(["count", "value"], descending=[True, False])
        return [f"{value[:40]} {count:,} times" for value, count in counted.head(_VALUES).iter_rows()]

    def _sources(self, step: Planned) -> str:
        names = node_names(self.results.plan.graph)
        return ", ".join(f"`{names[i]}`" for i in step.step.inputs if i in names) or "its source"

    def _diagnostic(
        self,
        message: str,
        span: Span,
        label: str = "",
        labels: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> Diagnostic:
        name = self.results.plan.graph.spec["name"]
        help_ = f"if nothing is a possible result here: `spec {name}(allow_empty: true)`"
        return Diagnostic("T901", message, span, label, labels, help_, notes=notes)
