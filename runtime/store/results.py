"""What the steps of a plan made, as it lies in the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from tunec.compiler.planning.fingerprint import SHORT
from tunec.compiler.planning.plan import Plan
from tunec.runtime.base.memory import Memory
from tunec.runtime.base.workers import Workers
from tunec.runtime.store.step_tables import misformed
from tunec.runtime.store.store import Damaged, Store

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Portions

#: How many times larger rows are in memory than in a file that is packed well.
_PACKED = 32
#: Bytes that a row takes in memory besides its texts.
_A_ROW = 80


@dataclass
class Results:
    """Reads the results of a plan's steps, by node. The rows that were read or made last are kept in memory: they most
    often come next. Rows that somebody still holds are not read again. With a bound on `memory`, `portions` leaves what
    is large where it lies, for `workers` to compute what is wanted of it, if there are any."""

    plan: Plan
    store: Store
    memory: Memory | None = None
    workers: Workers | None = None
    _latest: tuple[str, Any] = ("", None)
    _held: WeakValueDictionary[str, Any] = field(default_factory=WeakValueDictionary)
    _formed: set[str] = field(default_factory=set)  # stored steps whose tables were found to be as tunec writes them

    def portions(self, node_id: str) -> Portions:
        """The rows of a node, or of a view of one: in memory where they are few, and otherwise as they lie in the
        store."""
        from tunec.runtime.rows.portions import Rows, Stored, without_split

        node = self.plan.graph.node(node_id)
        if node.op == "part":
            base = self.portions(node.inputs[0])
            return without_split(base, str(node.params["split"])) if isinstance(base, Rows) else self.rows(node_id)
        if self.memory is None or self._latest[0] == node_id:
            return self.rows(node_id)
        path = self.folder(node_id) / "rows.parquet"
        if path.stat().st_size * _PACKED <= self.memory.whole:
            return self.rows(node_id)
        height, size = _measured(path)
        if size <= self.memory.whole:
            return self.rows(node_id)
        self.release()
        return Stored.of(path, self.memory.rows(height, size), self.store.at("tmp"), self.workers)

    def rows(self, node_id: str) -> pl.DataFrame:
        """The rows of a node, or of a view of one, all of them in memory."""
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
        """Hold the rows that a node made in memory, until others are read or made; but for more than is to be held."""
        small = self.memory is None or rows.estimated_size() <= self.memory.whole
        self._latest = (node_id, rows) if small else ("", None)
        self._held[node_id] = rows

    def release(self) -> None:
        """Let the rows that are held in memory go."""
        self._latest = ("", None)

    def folder(self, node_id: str) -> Path:
        """The folder of a step's files. Raises Damaged where they are not as they were written."""
        fingerprint = self.plan.prints[node_id]
        folder = self.store.checked(fingerprint)
        if fingerprint not in self._formed and any(s.cached for s in self.plan.steps if s.step.id == node_id):
            said = next(misformed(folder, self.plan.graph.node(node_id).rows), None)
            if said is not None:
                raise Damaged(fingerprint, f"damaged: {folder}: {said}")
            self._formed.add(fingerprint)
        return folder

    def info(self, node_id: str) -> dict[str, Any]:
        """What was recorded of a step when it ran."""
        return self.store.info(self.plan.prints[node_id])

    def origin(self, node_id: str) -> str:
        """The origin that the rows of a node carry."""
        return self.plan.prints[node_id][:SHORT]


def _measured(path: Path) -> tuple[int, int]:
    """How many rows a file has, and about how many bytes they take in memory."""
    from pyarrow import parquet

    known = parquet.read_metadata(path)
    size = sum(known.row_group(number).total_byte_size for number in range(known.num_row_groups))
    return known.num_rows, size + _A_ROW * known.num_rows
