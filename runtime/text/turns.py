"""Every text of a row that training may see, one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tunec.compiler.types import FIELDS, RowType
from tunec.runtime.operator import OperatorError
from tunec.runtime.rows import derived, row_type_of
from tunec.runtime.text.words import count_tokens

#: What `prompt` and `response` stand for where every turn is read.
_EVERY_TURN: dict[RowType, dict[str, tuple[str, ...]]] = {
    RowType.TEXT: {"prompt": ("text",), "response": ("text",)},
    RowType.CHAT: {"prompt": ("prompts",), "response": ("responses",)},
    RowType.PREFERENCE: {"response": ("chosen", "rejected")},
}


def turns(rows: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    """The texts of these fields, columns `row` and `text`: all turns of a chat, both answers of a preference."""
    row_type = row_type_of(rows)
    names: dict[str, None] = {}
    for field in fields:
        for name in _EVERY_TURN.get(row_type, {}).get(field, (field,)):
            if name not in FIELDS[row_type] or FIELDS[row_type][name] == "any":
                raise OperatorError(f"{row_type} rows have no text `{field}` to compare with a benchmark")
            names[name] = None
    parts = []
    for name in names:
        part = rows.select(derived(row_type, name).alias("text")).with_row_index("row")
        if FIELDS[row_type][name] == "list[text]":
            part = part.explode("text")
        parts.append(part)
    return pl.concat(parts).drop_nulls()


def questions(rows: pl.DataFrame) -> pl.Series:
    """The question of each benchmark item."""
    row_type = row_type_of(rows)
    field = "text" if row_type is RowType.TEXT else "prompt"
    return rows.select(derived(row_type, field).alias("text")).to_series()


def answers(rows: pl.DataFrame) -> pl.Series:
    """The answer of each benchmark item as text; a letter or a number of a choice becomes that choice."""
    row_type = row_type_of(rows)
    if row_type is not RowType.CHOICE:
        field = {RowType.TEXT: "text", RowType.PREFERENCE: "chosen"}.get(row_type, "response")
        return rows.select(derived(row_type, field).alias("answer")).to_series()
    return pl.Series("answer", [_chosen(*row) for row in rows.select("choices", "answer").iter_rows()], dtype=pl.String)


def _chosen(choices: Sequence[str] | None, answer: str | None) -> str | None:
    if not choices or answer is None:
        return answer
    place = int(answer) if answer.isdecimal() else ord(answer.upper()) - ord("A") if len(answer) == 1 else -1
    return choices[place] if 0 <= place < len(choices) and answer not in choices else answer


def row_tokens(rows: pl.DataFrame) -> NDArray[np.int64]:
    """The tokens of each row's whole text, as `tunec.runtime.text.words.count_tokens` counts."""
    text = rows.select(derived(row_type_of(rows), "text").alias("text")).to_series()
    return count_tokens(text).to_numpy()
