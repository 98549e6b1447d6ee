"""The layout `alpaca`: instruction, input, output."""

from __future__ import annotations

from functools import partial

from tunec.compiler.types import RowType
from tunec.runtime.exchange.conversation import Unfit, conversation, needed
from tunec.runtime.exchange.data import Data, Row
from tunec.runtime.exchange.destination import Destination, Record
from tunec.runtime.exchange.layout import layout


@layout(RowType.INSTRUCTION, RowType.CHAT, RowType.CHOICE)
def alpaca(data: Data, to: Destination) -> None:
    """`DATASET/SPLIT.jsonl` with `instruction`, `input` and `output`, and `system` where rows have one.

    The layout holds one question and one answer: chats with more turns are left out and counted.

    Source: Stanford Alpaca (github.com/tatsu-lab/stanford_alpaca), `alpaca_data.json`; `system` as in LLaMA-Factory,
    `data/README.md`, "Alpaca Format".
    """
    for split in data.splits:
        to.lines(f"{data.name}/{split.name}.jsonl", data, split, partial(record, systems=has_systems(data)))


def has_systems(data: Data) -> bool:
    """Whether every row has the key `system`: readers want the same keys in all rows."""
    return data.systems or data.row_type is RowType.CHAT


def record(row: Row, row_type: RowType, *, systems: bool) -> Record:
    """One row. Raises Unfit."""
    if row_type is RowType.INSTRUCTION:
        needed(row["instruction"] or row.get("input"), "prompt")
        found = {
            "instruction": row["instruction"] or "",
            **({} if row.get("input") is None else {"input": row["input"]}),
            "output": needed(row["response"], "response"),
        }
        system = row.get("system")
    else:
        turns = conversation(row, row_type)
        system = turns[0].get("content") if turns[0]["role"] == "system" else None
        said = turns[1:] if turns[0]["role"] == "system" else turns
        if [turn["role"] for turn in said] != ["user", "assistant"]:
            raise Unfit("not one question and one answer")
        if row.get("tools") is not None or any(set(turn) - {"role", "content"} for turn in turns):
            raise Unfit("tools, reasoning or a mask")
        question, answer = (turn.get("content") for turn in said)
        found = {"instruction": needed(question, "prompt"), "output": needed(answer, "response")}
    return {**found, "system": system} if systems else found
