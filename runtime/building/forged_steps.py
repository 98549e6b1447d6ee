"""Stored steps whose tables are not as tunec writes them, though their hashes agree: somebody made them up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tunec.compiler.planning.plan import Plan, Planned
from tunec.compiler.types import OPTIONAL
from tunec.runtime.rows.dropped import dropped_schema
from tunec.runtime.rows.messages import content_schema
from tunec.runtime.store.store import Damaged, Store


def damage_behind(error: Exception, plan: Plan, store: Store) -> Damaged | None:
    """The damage that an error in a build tells of, or that may have led to it: the first stored step with tables of
    another form. None where the error has another reason."""
    if isinstance(error, Damaged):
        return error
    for step in (s for s in plan.steps if s.cached):
        folder = store.step(step.fingerprint)
        for said in _misformed(step, folder) if folder.is_dir() else ():
            return Damaged(step.fingerprint, f"damaged: {folder}: {said}")
    return None


def _misformed(step: Planned, folder: Path) -> Iterator[str]:
    import polars as pl

    from tunec.runtime.versions.table_forms import ROW, strange

    kind, whole = step.step.nodes[-1].rows, dropped_schema()
    if kind is not None and (folder / "rows.parquet").exists():
        columns = {name: whole[name] for name in ("id", "origin", "position", "parents")} | content_schema(kind)
        yield from strange(folder, folder / "rows.parquet", columns, set(columns) - {*OPTIONAL.get(kind, ())}, ROW)
    if (folder / "drops.parquet").exists():
        yield from strange(folder, folder / "drops.parquet", {**whole, "split": pl.String}, set(whole), ROW)
