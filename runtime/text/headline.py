"""The text by which a person recognises a row."""

from __future__ import annotations

import polars as pl

from tunec.compiler.types import CONTENT, FIELDS
from tunec.runtime.rows.frame import derived, row_type_of

LIMIT = 500  # characters that a report shows of the other row


def prompts(rows: pl.DataFrame) -> pl.Series:
    """The prompt of each row, or its first content column where its type has none."""
    row_type = row_type_of(rows)
    field = "prompt" if "prompt" in FIELDS[row_type] else CONTENT[row_type][0]
    return rows.select(derived(row_type, field).alias("prompt")).to_series()


def headlines(rows: pl.DataFrame) -> pl.Series:
    """The first `LIMIT` characters of the prompts."""
    return prompts(rows).str.slice(0, LIMIT)
