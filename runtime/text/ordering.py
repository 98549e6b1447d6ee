"""Rows whose turns stand in an order that chat templates can render."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl

from tunec.compiler.types import MESSAGES, RowType
from tunec.runtime.base.values import Outcome, Told, drops_of, no_drops
from tunec.runtime.rows.frame import row_type_of
from tunec.runtime.rows.messages import Message, sparse
from tunec.runtime.rows.nested import values_of
from tunec.runtime.rows.turn_order import UNMERGED, departures, merged


def ordered(rows: pl.DataFrame, turns: Literal["keep", "merge", "strict"]) -> Outcome:
    """The rows with turns merged, and without those that are still in a wrong order, as `normalize` says."""
    row_type = row_type_of(rows)
    if turns == "keep" or row_type not in MESSAGES:
        return Outcome(rows, no_drops())
    context = MESSAGES[row_type][0]
    chats = [sparse(messages) for messages in values_of(rows[context])]
    answered = row_type is RowType.CHAT
    count = 0
    if turns == "merge":
        changed = [merged(messages) if _mends(messages, answered) else messages for messages in chats]
        count = sum(before != after for before, after in zip(chats, changed, strict=True))
        if count:
            rows = rows.with_columns(pl.Series(context, changed, rows.schema[context]))
        chats = changed
    tally = {"chats": rows.height, "merged": count}
    notes, _ = _told(tally)
    found = [(number, departures(messages, answered)) for number, messages in enumerate(chats)]
    bad = [(number, kinds) for number, kinds in found if kinds]
    if not bad:
        return Outcome(rows, no_drops(), notes, tally=tally, told=_told)
    numbers = pl.Series("row", [number for number, _ in bad], pl.UInt32)
    drops = drops_of(numbers, f"turns: {turns}", pl.Series([", ".join(kinds) for _, kinds in bad]), "none")
    gone = pl.Series(range(rows.height), dtype=pl.UInt32).is_in(numbers.implode())
    return Outcome(rows.filter(~gone), drops, notes, tally=tally, told=_told)


def _told(tally: Mapping[str, int]) -> Told:
    if not tally["merged"]:
        return (), None
    return (f"turns of {tally['merged']:,} of {tally['chats']:,} chats were merged",), None


def _mends(messages: list[Message], answered: bool) -> bool:
    kinds = departures(messages, answered)
    return bool(kinds) and not set(kinds) & set(UNMERGED)
