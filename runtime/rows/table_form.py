"""The form of a table in a file. Whoever makes one up can make up hashes that agree; what is in it then is told for the
reason why it cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.runtime.rows.messages import is_messages

if TYPE_CHECKING:
    import polars as pl

#: What every row has.
ROW = ("id", "origin")
_VERDICTS = {"kept", "dropped", "quarantined", None}


def strange(
    folder: Path, path: Path, columns: Mapping[str, Any], needed: set[str], filled: tuple[str, ...]
) -> Iterator[str]:
    """What is wrong with a table in a folder: its columns are of these types, some are needed, and some are filled."""
    import polars as pl

    name = path.relative_to(folder).as_posix()
    try:
        schema = pl.read_parquet_schema(path)
        wrong = sorted(needed - set(schema)) or [c for c, kind in columns.items() if not _is(schema.get(c), kind)]
        if wrong:
            said = "is missing" if wrong[0] not in schema else f"holds {schema[wrong[0]]}"
            yield f"{name} is not a table that tunec writes: its column `{wrong[0]}` {said}"
            return
        empty = pl.scan_parquet(path, glob=False).select(pl.col(*filled).null_count()).collect().row(0, named=True)
        for column, count in empty.items():
            if count:
                yield f"{name} is not a table that tunec writes: {count:,} rows have no `{column}`"
        if "verdict" in filled and not set(_values(path, "verdict")) <= _VERDICTS:
            yield f"{name} is not a table that tunec writes: it has a verdict that is none"
    except (pl.exceptions.PolarsError, OSError) as error:
        yield f"{name} cannot be read: {str(error).splitlines()[0]}"


def _values(path: Path, column: str) -> list[str]:
    import polars as pl

    return pl.scan_parquet(path, glob=False).select(pl.col(column).unique()).collect().to_series().to_list()


def _is(found: pl.DataType | None, wanted: Any) -> bool:
    """Whether a column is of a type; one of messages may have some of their fields only."""
    return found is None or found == wanted or (is_messages(wanted) and is_messages(found))
