"""The tables of a version for people to leaf through: data sets, ledgers, and the rows of every step in the store.

Polars reads of the Parquet files what a page needs; nothing is loaded whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunec.runtime.rows.messages import is_messages
from tunec.runtime.store.files import within
from tunec.runtime.store.published import data_sets, manifest_of, store_of
from tunec.runtime.versions.rules import shown

if TYPE_CHECKING:
    import polars as pl

PAGE = 25
#: Columns of texts that are no text of a row.
_NAMES = frozenset(("origin", "node", "rule", "verdict", "split", "threshold", "value", "partner"))


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a version: its name, what it is in a few words, and its files."""

    name: str
    told: str
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a table. `more` says whether another one follows; `total` counts rows, where nothing is searched."""

    rows: tuple[Mapping[str, Any], ...]
    number: int
    more: bool
    total: int | None


def tables(version: Path) -> dict[str, Table]:
    """The tables of a version by name, in the order in which people look for them."""
    manifest = manifest_of(version)
    found = []
    for name, splits in data_sets(version).items():
        found.append(Table(name, "data set", tuple(splits.values())))
    for name in manifest["contents"]:
        if name.startswith("ledger/"):
            stem = Path(name).stem
            found.append(
                Table(f"ledger of {stem}", "every row that entered, kept or dropped", (within(version, name),))
            )
    store = store_of(version)
    if store is not None:
        for step in manifest["steps"]:
            path = within(store, f"steps/{step['fingerprint'][:2]}/{step['fingerprint']}/rows.parquet")
            if path.exists():
                found.append(Table(f"step {step['label']}", "rows after the step", (path,)))
    return {table.name: table for table in found}


def page(table: Table, query: str = "", number: int = 0, state: str = "") -> Page:
    """A page of the rows of a table that hold a text, in any letter case; of a ledger also of one `state` alone."""
    import polars as pl

    rows = pl.concat([_scan(path) for path in table.files], how="diagonal_relaxed")
    schema = rows.collect_schema()
    total = None if query or state else int(rows.select(pl.len()).collect().item())
    if state and "verdict" in schema:
        rows = rows.filter(pl.col("verdict") == state)
    if query:
        texts = [text for name, kind in schema.items() if (text := _text(name, kind)) is not None]
        rows = rows.filter(pl.any_horizontal(_holds(text, query).fill_null(False) for text in texts))
    # One row more than a page tells whether there is another page.
    found = rows.slice(number * PAGE, PAGE + 1).collect()
    return Page(tuple(found.head(PAGE).iter_rows(named=True)), number, found.height > PAGE, total)


def _holds(text: pl.Expr, query: str) -> pl.Expr:
    """Whether a text holds another one in any letter case. Where that has ASCII letters alone, no pattern is needed."""
    if query.isascii():
        return text.str.contains_any([query], ascii_case_insensitive=True)
    return text.str.contains(f"(?i){re.escape(query)}")


def _scan(path: Path) -> pl.LazyFrame:
    import polars as pl

    split = path.name.partition("-0")[0] if re.search(r"-\d{5}\.parquet$", path.name) else None
    rows = pl.scan_parquet(path, glob=False)
    return rows if split is None else rows.with_columns(pl.lit(split).alias("split"))


def _text(name: str, kind: pl.DataType) -> pl.Expr | None:
    """What of a column is searched: texts, and what messages say, think and call."""
    import polars as pl

    if kind == pl.String and name not in _NAMES:
        return pl.col(name)
    if is_messages(kind):
        has = {field.name for field in kind.inner.fields}  # type: ignore[attr-defined]
        parts = [pl.element().struct.field(field) for field in ("content", "reasoning") if field in has]
        said = pl.concat_str(parts, separator="\n", ignore_nulls=True)
        return pl.col(name).list.eval(said).list.join("\n", ignore_nulls=True)
    return None


def told_rule(manifest: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """The rule of a row of a ledger as people read it."""
    return shown(manifest, row["node"], row["rule"]) if row.get("rule") else ""
