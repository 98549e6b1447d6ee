"""Rules that compare the last turn of chats, and drop chats that differ before it."""

from __future__ import annotations

import polars as pl

from tunec.compiler.types import MESSAGES
from tunec.runtime.rows.frame import derived, row_type_of
from tunec.runtime.rows.portions import Rows


def last_turns_alone(rows: Rows, drops: pl.DataFrame) -> tuple[str, ...]:
    """A note for each rule over `prompt` that dropped rows with more than one exchange: it compared their last user
    turn alone."""
    row_type = row_type_of(rows)
    by_prompt = drops.filter(pl.col("rule").str.contains(r"\(prompt[,)]"))
    if row_type not in MESSAGES or not by_prompt.height:
        return ()
    several_turns = (derived(row_type, "prompts").list.len() > 1).alias("several")
    asked = rows.at(by_prompt["row"].to_numpy(), several_turns).to_series()
    several = by_prompt.filter(asked)["rule"].value_counts().sort("rule")
    return tuple(
        f"`{rule}` compares the last user turn of a chat: {count:,} of the rows that it dropped have earlier turns, "
        "which may differ; `text` is the whole chat"
        for rule, count in several.iter_rows()
    )
