"""What the steps of a plan made, as it lies in the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from tunec.compiler.planning.fingerprint import SHORT
from tunec.compiler.planning.plan import Plan
from tunec.runtime.store.store import Store

if TYPE_CHECKING:
    import polars as pl


@dataclass
class Results:
    """Reads the results of a plan's steps, by node. The rows that were read or made last are kept in memory: they most
    often come next. Rows that somebody still holds are not read again."""

    plan: Plan
    store: Store
    _latest: tuple[str, Any] = ("", None)
    _held: WeakValueDictionary[str, Any] = field(default_factory=WeakValueDictionary)

    def rows(self, node_id: str) -> pl.DataFrame:
        """The rows of a node, or of a view of one."""
        import polars as pl

        node = self.plan.graph.node(node_id)
        if node.op == "part":
            return self.rows(node.inputs[0]).filter(pl.col("split") == node.params["split"]).drop("split")
        rows: pl.DataFrame | None = self._held.get(node_id)  # asked once: publishing reads rows in two threads
        if rows is None:
            rows = pl.read_parquet(self.folder(node_id) / "rows.parquet", glob=False)
            self.keep(node_id, rows)
        return rows

    def keep(self, node_id: str, rows: pl.DataFrame) -> None:
        """Hold the rows that a node made in memory, until others are read or made."""
        self._latest = (node_id, rows)
        self._held[node_id] = rows

    def release(self) -> None:
        """Let the rows that are held in memory go."""
        self._latest = ("", None)

    def folder(self, node_id: str) -> Path:
        """The folder of a step's files. Raises Damaged where they are not as they were written."""
        return self.store.checked(self.plan.prints[node_id])

    def info(self, node_id: str) -> dict[str, Any]:
        """What was recorded of a step when it ran."""
        return self.store.info(self.plan.prints[node_id])

    def origin(self, node_id: str) -> str:
        """The origin that the rows of a node carry."""
        return self.plan.prints[node_id][:SHORT]
