"""What became of the rows of a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tunec.compiler.graph import Node
from tunec.runtime.engine.step import RowsMade
from tunec.runtime.rows.dropped import RowsLost

if TYPE_CHECKING:
    from tunec.runtime.text.losses import Lost


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

    def add(self, made: RowsMade, said: Sequence[str], missing: Counter[str]) -> None:
        """Add what a portion came to."""
        self.given, self.made = self.given + made.given, self.made + made.made
        self.out, self.dropped = self.out + made.rows.height, self.dropped + made.drops.height
        self.rules += Counter(dict(made.drops["rule"].value_counts().iter_rows()))
        self.lost = made.lost if self.lost is None or made.lost is None else self.lost + made.lost
        self.counts, self.told = self.counts + Counter(made.tally or {}), made.told
        self.findings = made.findings
        self.facts |= made.facts
        self.missing += missing
        for notes, new in ((self.notes, made.notes), (self.said, said)):
            notes |= dict.fromkeys(new)

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
