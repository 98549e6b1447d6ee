"""Rows that a stage dropped or a source could not read, as the ledger keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.compiler.types import FIELDS, RowType
from tunec.runtime.rows.frame import IDENTITY, derived

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.rows.portions import Rows


class RowsLost(Exception):
    """Rows vanished or appeared without a reason: a defect of an operator."""


_COLUMNS = (
    "id", "origin", "position", "parents", "verdict", "node", "rule", "value", "threshold", "partner", "partner_text",
    "prompt", "response",
)  # fmt: skip


def dropped_schema() -> dict[str, Any]:
    """The columns of dropped rows."""
    import polars as pl

    return {**dict.fromkeys(_COLUMNS, pl.String), "position": pl.Int64, "parents": pl.List(pl.String)}


def nothing_dropped() -> pl.DataFrame:
    """No dropped rows."""
    import polars as pl

    return pl.DataFrame(schema=dropped_schema())


def dropped_rows(given: pl.DataFrame, drops: pl.DataFrame, node: str, rows: RowType) -> pl.DataFrame:
    """The dropped rows of a stage with their identity, their reason, and their text as it was then."""
    import polars as pl

    if drops.height == 0:
        return nothing_dropped()
    if drops["row"].n_unique() != drops.height:
        raise RowsLost("a row was dropped twice")
    text = given.select(*IDENTITY, *headline(rows)).with_row_index("row")
    joined = drops.with_columns(pl.col("row").cast(pl.UInt32)).join(text, on="row", how="left", maintain_order="left")
    return joined.with_columns(pl.lit("dropped").alias("verdict"), pl.lit(node).alias("node")).select(*_COLUMNS)


@dataclass(frozen=True, slots=True)
class Dropped:
    """The dropped rows of a stage that was given rows in portions: they are looked up where they are asked for."""

    given: Rows
    drops: pl.DataFrame
    node: str
    rows: RowType

    @property
    def height(self) -> int:
        """How many rows."""
        return self.drops.height

    def parts(self) -> Iterator[pl.DataFrame]:
        """The rows in portions, one at least, in the order in which they were given."""
        drops = self.drops.sort("row", maintain_order=True)
        start = first = 0
        yield nothing_dropped()
        for part in self.given.parts() if drops.height else ():
            after = int(drops["row"].search_sorted(start + part.height))
            here = drops.slice(first, after - first)
            yield dropped_rows(part, here.with_columns(here["row"] - start), self.node, self.rows)
            start, first = start + part.height, after


def headline(rows: RowType) -> list[pl.Expr]:
    """What a ledger shows of a row: prompt and response, or the text alone."""
    import polars as pl

    fields = FIELDS[rows]
    prompt = derived(rows, "prompt" if "prompt" in fields else "text").alias("prompt")
    response = derived(rows, "response") if "response" in fields else pl.lit(None, pl.String)
    return [prompt, response.alias("response")]
