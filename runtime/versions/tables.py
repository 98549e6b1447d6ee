"""The tables of a version for people to leaf through: data sets, ledgers, and the rows of every step in the store.

Polars reads of the Parquet files what a page needs. A table that is searched is held in memory, if it is not too large:
unpacking its texts takes ten times as long as looking for one in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tunec.runtime.rows.messages import is_messages
from tunec.runtime.store.files import within
from tunec.runtime.store.published import data_sets, manifest_of, store_of
from tunec.runtime.text.nanoseconds import exact_rows
from tunec.runtime.versions.rules import shown

if TYPE_CHECKING:
    import polars as pl

PAGE = 25
#: Bytes that the files of a table may have that is held in memory.
HELD = 250_000_000
_SAID = "searched."  # before the names of columns that are searched
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

    start, total = number * PAGE, None
    # One row more than a page tells whether there is another page.
    if not (query or state):
        rows = _scan(table)
        total = int(rows.select(pl.len()).collect().item())
        found = rows.slice(start, PAGE + 1).collect()
    elif _fits(table):
        held = _hold(table)
        hits = held.select(pl.arg_where(_wanted(held.columns, query, state))).to_series()
        found = held[hits.slice(start, PAGE + 1)]
    else:
        rows = _with_texts(table)
        wanted = _wanted(rows.collect_schema().names(), query, state)
        found = rows.filter(wanted).slice(start, PAGE + 1).collect()
    found = found.select(name for name in found.columns if not name.startswith(_SAID))
    return Page(tuple(exact_rows(found.head(PAGE))), number, found.height > PAGE, total)


def _fits(table: Table) -> bool:
    """Whether a table is held in memory to be searched."""
    return sum(path.stat().st_size for path in table.files) <= HELD


def _hold(table: Table) -> pl.DataFrame:
    """The rows of a table with what is searched, in memory: of one table at a time."""
    with _HOLDING:
        return _held(table)


_HOLDING = Lock()


@lru_cache(maxsize=1)
def _held(table: Table) -> pl.DataFrame:
    return _with_texts(table).collect()


def _with_texts(table: Table) -> pl.LazyFrame:
    """The rows of a table, and beside them what is searched."""
    rows = _scan(table)
    texts = {name: _text(name, kind) for name, kind in rows.collect_schema().items()}
    return rows.with_columns(text.alias(_SAID + name) for name, text in texts.items() if text is not None)


def _wanted(columns: Iterable[str], query: str, state: str) -> pl.Expr:
    """Which rows a page is of."""
    import polars as pl

    wanted = [pl.col("verdict") == state] if state and "verdict" in columns else []
    if query:
        texts = (pl.col(name) for name in columns if name.startswith(_SAID))
        wanted.append(pl.any_horizontal(pl.lit(False), *(_holds(text, query).fill_null(False) for text in texts)))
    return pl.all_horizontal(pl.lit(True), *wanted)


def _holds(text: pl.Expr, query: str) -> pl.Expr:
    """Whether a text holds another one in any letter case."""
    return text.str.contains(f"(?i){re.escape(query)}")


def _scan(table: Table) -> pl.LazyFrame:
    """The rows of a table; those of a data set with their split."""
    import polars as pl

    parts = []
    for path in table.files:
        rows = pl.scan_parquet(path, glob=False)
        split = path.name.partition("-0")[0] if re.search(r"-\d{5}\.parquet$", path.name) else None
        parts.append(rows if split is None else rows.with_columns(pl.lit(split).alias("split")))
    return pl.concat(parts, how="diagonal_relaxed")


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
