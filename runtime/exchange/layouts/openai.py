"""The layout `openai`: files for the fine-tuning API."""

from __future__ import annotations

from tunec.compiler.types import RowType
from tunec.runtime.exchange.conversation import Unfit, chat_messages, conversation, needed, pair
from tunec.runtime.exchange.data import Data, Row
from tunec.runtime.exchange.destination import Destination, Record
from tunec.runtime.exchange.layout import layout

ROLES = ("system", "user", "assistant")
#: The fewest examples with which the API starts a training.
FEWEST = 10


@layout(RowType.INSTRUCTION, RowType.CHAT, RowType.PREFERENCE, RowType.CHOICE)
def openai(data: Data, to: Destination) -> None:
    """`DATASET/SPLIT.jsonl` by the API's rules: `messages`, or for preferences `input` and the two outputs.

    A chat is left out where a turn is empty or of another side (a turn of a tool needs the id of a call, which rows do
    not have), or where the assistant does not have the last word: there is nothing to learn from what follows it.

    Source: OpenAI Cookbook, `examples/Chat_finetuning_data_prep.ipynb` (the checks of the format); OpenAI,
    "Supervised fine-tuning" (at least ten examples) and "Direct preference optimization" (the pairs).
    """
    for split in data.splits:
        name = f"{data.name}/{split.name}.jsonl"
        count = to.lines(name, data, split, record)
        if count < FEWEST:
            to.warnings.append(f"{name} has {count} examples; the API wants at least {FEWEST} to train on")


def record(row: Row, row_type: RowType) -> Record:
    """One row. Raises Unfit."""
    if row_type is RowType.PREFERENCE:
        prompt, chosen, rejected = (chat_messages((turn,)) for turn in pair(row))
        return {
            "input": {"messages": prompt, "tools": [], "parallel_tool_calls": True},
            "preferred_output": chosen,
            "non_preferred_output": rejected,
        }
    turns = conversation(row, row_type)
    for turn in turns:
        if turn.role not in ROLES:
            raise Unfit(f"a turn of the role {turn.role}")
        needed(turn.content, f"text in a turn of the {turn.role}")
    if turns[-1].role != "assistant":
        raise Unfit("the last turn is not the assistant's")
    return {"messages": chat_messages(turns)}
