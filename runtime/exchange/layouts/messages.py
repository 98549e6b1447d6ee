"""The layout `messages`: what TRL's trainers read."""

from __future__ import annotations

from tunec.compiler.types import RowType
from tunec.runtime.exchange.conversation import (
    chat_messages,
    conversation,
    needed,
    pair,
    rated,
    thoughts_in_text,
    with_tools,
)
from tunec.runtime.exchange.data import Data, Row
from tunec.runtime.exchange.destination import Destination, Record
from tunec.runtime.exchange.layout import layout


@layout(*RowType)
def messages(data: Data, to: Destination) -> None:
    """`DATASET/SPLIT.jsonl` in TRL's conversational types, to which trainers apply the model's chat template.

    Conversations are `messages` (language modeling), preferences `prompt`, `chosen`, `rejected` as lists of messages
    (preference with an explicit prompt), rated answers `prompt`, `completion`, `label` (unpaired preference), tasks
    `prompt` with `answer` beside it (prompt-only), texts `text` (the standard type of language modeling). `tools` and
    the arguments of calls are JSON text, which TRL and chat templates read, and which no table pads with the keys of
    other rows. The trainers learn every turn of the assistant, so rows that say otherwise are left out.
    An answer whose text begins with `<think>…</think>` is written as it stands, and counted.

    Source: TRL, documentation, "Dataset formats and types"; `trl.data_utils.is_conversational`; the reading of `tools`,
    `trl/trainer/sft_trainer.py`.
    """
    for split in data.splits:
        to.lines(f"{data.name}/{split.name}.jsonl", data, split, record, thoughts_in_text)


def record(row: Row, row_type: RowType) -> Record:
    """One row. Raises Unfit."""
    if row_type is RowType.TEXT:
        return {"text": needed(row["text"], "text")}
    if row_type is RowType.PREFERENCE:
        prompt, chosen, rejected = (chat_messages(part) for part in pair(row))
        return with_tools({"prompt": prompt, "chosen": chosen, "rejected": rejected}, row)
    if row_type is RowType.RATED:
        context, completion, label = rated(row)
        told = {"prompt": chat_messages(context), "completion": chat_messages(completion), "label": label}
        return with_tools(told, row)
    if row_type is RowType.TASK:
        task = {"prompt": chat_messages(row["prompt"])}
        return task if row["answer"] is None else {**task, "answer": row["answer"]}
    return with_tools({"messages": chat_messages(conversation(row, row_type))}, row)
