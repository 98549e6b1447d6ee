"""What keeps rows in one split where the spec says nothing else: what is asked, and how a chat begins."""

from __future__ import annotations

import polars as pl

from tunec.compiler.types import FIELDS, MESSAGES, RowType
from tunec.runtime.rows.frame import derived
from tunec.runtime.rows.messages import texts_of
from tunec.runtime.text.normal import collapsed
from tunec.runtime.text.words import count_words

#: A beginning of fewer words, such as a greeting and its answer, says nothing of what a chat is about.
_SAYS_SOMETHING = 8


def asked(rows: pl.DataFrame, row_type: RowType) -> pl.Series:
    """All that the user asks, turn after turn: chats that end in the same follow-up are no duplicates.

    Missing where the user says nothing.
    """
    if row_type in MESSAGES:
        turns = derived(row_type, "prompts")
        said = pl.when(turns.list.len() > 0).then(turns.list.join("\n"))
        return rows.select(said.alias("asked")).to_series()
    field = "prompt" if "prompt" in FIELDS[row_type] else "text"
    return rows.select(derived(row_type, field).alias("asked")).to_series()


def beginnings(rows: pl.DataFrame, row_type: RowType) -> pl.Series:
    """The first turn of the user and the first of the assistant in the normal form; missing where they say too little,
    and in rows without turns."""
    if row_type not in MESSAGES:
        return pl.repeat(None, rows.height, dtype=pl.String, eager=True)
    context = MESSAGES[row_type][:1]
    first = [texts_of(context, "content", role).list.first() for role in ("user", "assistant")]
    text = collapsed(rows.select(pl.concat_str(first, separator="\n").alias("first")).to_series())
    return text.set(count_words(text).fill_null(0) < _SAYS_SOMETHING, None)
