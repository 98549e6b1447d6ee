"""The layout `sharegpt`: turns with `from` and `value`."""

from __future__ import annotations

from tunec.compiler.types import RowType
from tunec.runtime.exchange.conversation import Unfit, conversation
from tunec.runtime.exchange.data import Data, Row
from tunec.runtime.exchange.destination import Destination, Record
from tunec.runtime.exchange.layout import layout

#: What the layout calls the sides of a chat.
SIDES = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}


@layout(RowType.INSTRUCTION, RowType.CHAT, RowType.CHOICE)
def sharegpt(data: Data, to: Destination) -> None:
    """`DATASET/SPLIT.jsonl` with `conversations`, a list of `from` and `value`.

    Source: the ShareGPT files of FastChat (github.com/lm-sys/FastChat, `docs/training.md`); the names of the sides as
    in LLaMA-Factory, `data/README.md`, "Sharegpt Format".
    """
    for split in data.splits:
        to.lines(f"{data.name}/{split.name}.jsonl", data, split, record)


def record(row: Row, row_type: RowType) -> Record:
    """One row. Raises Unfit."""
    turns = conversation(row, row_type)
    unknown = next((turn.role for turn in turns if turn.role not in SIDES), None)
    if unknown is not None:
        raise Unfit(f"a turn of the role {unknown}")
    return {"conversations": [{"from": SIDES[turn.role], "value": turn.content} for turn in turns]}
