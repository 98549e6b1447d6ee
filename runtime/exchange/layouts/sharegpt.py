"""The layout `sharegpt`: turns with `from` and `value`."""

from __future__ import annotations

from tunec.compiler.types import RowType
from tunec.runtime.exchange.conversation import (
    Unfit,
    conversation,
    silence_beside_calls,
    spoken,
    with_tools,
)
from tunec.runtime.exchange.data import Data, Row
from tunec.runtime.exchange.destination import Destination, Record
from tunec.runtime.exchange.layout import layout
from tunec.runtime.rows.messages import Message

#: What the layout calls the sides of a chat.
SIDES = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}


@layout(RowType.INSTRUCTION, RowType.CHAT, RowType.CHOICE)
def sharegpt(data: Data, to: Destination) -> None:
    """`DATASET/SPLIT.jsonl` with `conversations`, a list of `from` and `value`, and `tools` as JSON text.

    Calls of tools are turns `function_call` with the call, or the list of calls, as JSON; reasoning stands between
    `<think>` and `</think>` at the head of a turn; `weight` 0 or 1 says whether a turn is trained on.

    Source: the ShareGPT files of FastChat (github.com/lm-sys/FastChat, `docs/training.md`); the names of the sides and
    the calls as in LLaMA-Factory, `data/README.md`, "Sharegpt Format"; `weight` as in axolotl.
    """
    for split in data.splits:
        to.lines(f"{data.name}/{split.name}.jsonl", data, split, record, silence_beside_calls)


def record(row: Row, row_type: RowType) -> Record:
    """One row. Raises Unfit."""
    return with_tools({"conversations": [_turn(message) for message in conversation(row, row_type)]}, row)


def _turn(message: Message) -> Record:
    if message["role"] not in SIDES:
        raise Unfit(f"a turn of the role {message['role']}")
    calls, text = spoken(message)
    found = {"from": "function_call" if calls else SIDES[message["role"]], "value": text}
    found |= {key: message[key] for key in ("tool_call_id", "name") if key in message}
    return found if "train" not in message else {**found, "weight": int(message["train"])}
