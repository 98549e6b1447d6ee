"""Rows with answers that are compared or rated, as tokens: a prompt, and what answers it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.method import LeftOut
from tunec.runtime.models.chat import Chat, Encoded, NotTrainable, Piece, pieces
from tunec.runtime.rows.messages import Message, sparse
from tunec.runtime.tuning.training.proof.proof import prove

if TYPE_CHECKING:
    import polars as pl


def answered(rows: pl.DataFrame, column: str) -> list[Chat]:
    """The rows as chats that end with the answer in a column; what stands before it is only read."""
    chats = []
    for context, answer, tools in zip(*(rows[name].to_list() for name in ("messages", column, "tools")), strict=True):
        read = [_read(message) for message in sparse(context)]
        offered = tuple(json.loads(tools)) if tools is not None else ()
        chats.append(Chat((*read, *sparse(answer)), offered))
    return chats


def _read(message: Message) -> Message:
    return {**message, "train": False} if message["role"] == "assistant" else message


def one_answer(tokenizer: Any, chat: Chat, stops: frozenset[str] | None) -> list[Piece]:
    """The pieces of a chat that ends with an answer of one turn: what stands before it, and the answer."""
    found = pieces(tokenizer, chat, stops)
    if sum(piece.written for piece in found) > 1:
        raise NotTrainable("wrong_turn", "an answer of several turns, of which some are not the model's", "2", "1")
    # Nothing after the end is compared: a line break there is the template's.
    return found[:2]


def prove_answers(
    tokenizer: Any, chats: Sequence[Chat], longest: int, stops: frozenset[str]
) -> tuple[dict[int, tuple[list[int], list[int]]], tuple[LeftOut, ...]]:
    """By the number of the row its prompt and its answer as tokens; and the rows that fail a check."""
    kept, failed = prove(tokenizer, chats, longest, stops, one_answer)
    return {number: _cut(row) for number, row in kept.items()}, failed


def _cut(row: Encoded) -> tuple[list[int], list[int]]:
    begin = row.written.index(True)
    return list(row.ids[:begin]), list(row.ids[begin:])
