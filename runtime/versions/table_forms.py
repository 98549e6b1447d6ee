"""The forms of the tables in a version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tunec.compiler.types import OPTIONAL, RowType
from tunec.runtime.rows.dropped import dropped_schema
from tunec.runtime.rows.messages import content_schema
from tunec.runtime.rows.table_form import ROW, strange
from tunec.runtime.store.published import files_of
from tunec.runtime.versions.promises import BENCHMARKS

#: What every line of a ledger has, also one of an earlier release.
_LINE = ("id", "origin", "verdict")
_CHECK = ("data_set", "fields", "with")
_COLUMNS = (*_LINE, "node", "rule", "prompt")


def misformed(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """What is not of the form that tunec gives it, by file."""
    import polars as pl

    ledger = {**dropped_schema(), "split": pl.String}
    for name, target in manifest["targets"].items():
        if "splits" in target:
            kind = RowType(manifest["row_types"][name])
            columns = {"id": pl.String, "origin": pl.String, "parents": pl.List(pl.String), **content_schema(kind)}
            needed = set(columns) - {*OPTIONAL.get(kind, ())}
            for path in files_of(folder, name, target["splits"]).values():
                yield from strange(folder, path, columns, needed, ROW)
            yield from strange(folder, folder / "ledger" / f"{name}.parquet", ledger, set(_COLUMNS), _LINE)
    benchmarks = folder / BENCHMARKS
    if benchmarks.is_file() and "data_set" in pl.read_parquet_schema(benchmarks):  # not as an earlier tunec wrote it
        yield from strange(folder, benchmarks, dict.fromkeys(_CHECK, pl.String), set(_CHECK), _CHECK)
