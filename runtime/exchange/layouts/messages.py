"""The layout `messages`: what TRL's trainers read."""

from __future__ import annotations

from tunec.compiler.types import RowType
from tunec.runtime.exchange.conversation import chat_messages, conversation, needed, pair
from tunec.runtime.exchange.data import Data, Row
from tunec.runtime.exchange.destination import Destination, Record
from tunec.runtime.exchange.layout import layout


@layout(RowType.TEXT, RowType.INSTRUCTION, RowType.CHAT, RowType.PREFERENCE, RowType.CHOICE)
def messages(data: Data, to: Destination) -> None:
    """`DATASET/SPLIT.jsonl` in TRL's conversational types, to which trainers apply the model's chat template.

    Conversations are `messages` (language modeling), preferences `prompt`, `chosen`, `rejected` as lists of messages
    (preference with an explicit prompt), texts `text` (the standard type of language modeling).

    Source: TRL, documentation, "Dataset formats and types"; `trl.data_utils.is_conversational`.
    """
    for split in data.splits:
        to.lines(f"{data.name}/{split.name}.jsonl", data, split, record)


def record(row: Row, row_type: RowType) -> Record:
    """One row. Raises Unfit."""
    if row_type is RowType.TEXT:
        return {"text": needed(row["text"], "text")}
    if row_type is RowType.PREFERENCE:
        prompt, chosen, rejected = (chat_messages((turn,)) for turn in pair(row))
        return {"prompt": prompt, "chosen": chosen, "rejected": rejected}
    return {"messages": chat_messages(conversation(row, row_type))}
