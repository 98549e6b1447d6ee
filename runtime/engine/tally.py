"""What became of the rows of a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node
from tunec.runtime.base.workers import name_of, named
from tunec.runtime.engine.step import RowsMade
from tunec.runtime.rows.dropped import RowsLost

if TYPE_CHECKING:
    from tunec.runtime.text.losses import Lost


_SUMS = ("given", "made", "out", "dropped")


@dataclass
class Tally:
    """The account of a node, put together of those of portions, or of that of all its rows."""

    node: Node
    given: int = 0
    made: int = 0
    out: int = 0
    dropped: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    lost: Lost | None = None
    counts: Counter[str] = field(default_factory=Counter)
    notes: dict[str, None] = field(default_factory=dict)
    said: dict[str, None] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)
    told: Callable[[Any], Any] | None = None
    findings: Any = None
    facts: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(node: Node, made: RowsMade, said: Sequence[str], missing: Counter[str]) -> Tally:
        """What became of rows that a node was given."""
        return Tally(
            node,
            made.given,
            made.made,
            made.rows.height,
            made.drops.height,
            Counter(dict(made.drops["rule"].value_counts().iter_rows())),
            made.lost,
            Counter(made.tally or {}),
            dict.fromkeys(made.notes),
            dict.fromkeys(said),
            missing,
            made.told,
            made.findings,
            dict(made.facts),
        )

    def join(self, other: Tally) -> None:
        """Add what became of the rows that come after."""
        self.given, self.made = self.given + other.given, self.made + other.made
        self.out, self.dropped = self.out + other.out, self.dropped + other.dropped
        self.rules += other.rules
        self.lost = other.lost if self.lost is None or other.lost is None else self.lost + other.lost
        self.counts, self.told, self.findings = self.counts + other.counts, other.told, other.findings
        self.missing += other.missing
        self.facts |= other.facts
        self.notes |= other.notes
        self.said |= other.said

    def to_json(self) -> dict[str, Any]:
        """All of it but the node, as a worker sends it."""
        lost = self.lost and [dict(self.lost.given), [[*key, count] for key, count in self.lost.gone.items()]]
        counted = {"rules": dict(self.rules), "counts": dict(self.counts), "missing": dict(self.missing)}
        told = None if self.told is None else name_of(self.told)
        sums = {name: getattr(self, name) for name in _SUMS}
        texts = {"notes": [*self.notes], "said": [*self.said]}
        return {**sums, **counted, **texts, "lost": lost, "told": told, "findings": self.findings, "facts": self.facts}

    @staticmethod
    def from_json(node: Node, document: dict[str, Any]) -> Tally:
        """What `to_json` gave."""
        from tunec.runtime.text.losses import Lost

        lost = document["lost"] and Lost(
            Counter(document["lost"][0]), Counter({(origin, rule): n for origin, rule, n in document["lost"][1]})
        )
        given, made, out, dropped = (int(document[name]) for name in _SUMS)
        found = Tally(node, given, made, out, dropped, lost=lost)
        found.rules, found.counts, found.missing = (Counter(document[n]) for n in ("rules", "counts", "missing"))
        found.notes, found.said = (dict.fromkeys(document[name]) for name in ("notes", "said"))
        found.told = document["told"] and named(document["told"])
        found.findings, found.facts = document["findings"], document["facts"]
        return found

    def account(self, origin: str, counted: Callable[[Counter[str]], Sequence[str]]) -> dict[str, Any]:
        """What is recorded of the node: every row that was given or made is there or was dropped. Raises RowsLost."""
        if self.given + self.made != self.out + self.dropped:
            told = f"{self.given} in, {self.made} made, {self.out} out, {self.dropped} dropped"
            raise RowsLost(f"{self.node.op}: {told}")
        notes, findings = tuple(self.notes), self.findings
        if self.told is not None:
            notes, findings = self.told(self.counts)
        if self.lost is not None and self.out and self.dropped:
            notes = (*notes, *self.lost.notes())
        account: dict[str, Any] = {
            "node": origin,
            "op": self.node.op,
            "rows_in": self.given,
            "made": self.made,
            "rows_out": self.out,
            "dropped": self.dropped,
            "rules": dict(self.rules),
            "notes": [*notes, *self.said, *counted(self.missing)],
        }
        account |= self.facts
        return account if findings is None else {**account, "findings": dict(findings)}
