"""The text by which a person recognises a row."""

from __future__ import annotations

import polars as pl

from tunec.compiler.types import CONTENT, FIELDS
from tunec.runtime.rows.frame import derived, row_type_of
from tunec.runtime.rows.portions import Portions

LIMIT = 500  # characters that a report shows of the other row


def prompt_of(rows: Portions) -> pl.Expr:
    """The prompt of a row, or its first content column where its type has none."""
    row_type = row_type_of(rows)
    return derived(row_type, "prompt" if "prompt" in FIELDS[row_type] else CONTENT[row_type][0]).alias("prompt")


def headline_of(rows: Portions) -> pl.Expr:
    """The first `LIMIT` characters of the prompt of a row."""
    return prompt_of(rows).str.slice(0, LIMIT)


def prompts(rows: pl.DataFrame) -> pl.Series:
    """The prompt of each row."""
    return rows.select(prompt_of(rows)).to_series()


def headlines(rows: pl.DataFrame) -> pl.Series:
    """The first `LIMIT` characters of the prompts."""
    return rows.select(headline_of(rows)).to_series()
