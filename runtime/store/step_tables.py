"""The forms of the tables of a stored step, which hashes that somebody made up do not vouch for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tunec.compiler.types import OPTIONAL, RowType


def misformed(folder: Path, kind: RowType | None) -> Iterator[str]:
    """What is not of the form that tunec gives it, of a step that makes rows of a type, or none."""
    import polars as pl

    from tunec.runtime.rows.dropped import dropped_schema
    from tunec.runtime.rows.messages import content_schema
    from tunec.runtime.rows.table_form import ROW, strange

    whole = dropped_schema()
    if kind is not None and (folder / "rows.parquet").exists():
        columns = {name: whole[name] for name in ("id", "origin", "position", "parents")} | content_schema(kind)
        yield from strange(folder, folder / "rows.parquet", columns, set(columns) - {*OPTIONAL.get(kind, ())}, ROW)
    if (folder / "drops.parquet").exists():
        yield from strange(folder, folder / "drops.parquet", {**whole, "split": pl.String}, set(whole), ROW)
