"""The layout `openai`: files for the fine-tuning API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tunec.compiler.types import RowType
from tunec.runtime.exchange.conversation import (
    Unfit,
    conversation,
    masked,
    needed,
    openai_call,
    pair,
    schemas,
)
from tunec.runtime.exchange.data import Data, Row
from tunec.runtime.exchange.destination import Destination, Record
from tunec.runtime.exchange.layout import layout
from tunec.runtime.rows.messages import Message
from tunec.runtime.rows.turn_order import ORPHAN, departures

ROLES = ("system", "developer", "user", "assistant", "tool")
#: The fewest examples with which the API starts a training.
FEWEST = 10


@layout(RowType.INSTRUCTION, RowType.CHAT, RowType.PREFERENCE, RowType.CHOICE, RowType.TASK)
def openai(data: Data, to: Destination) -> None:
    """`DATASET/SPLIT.jsonl` by the API's rules: `messages` and `tools`; for preferences `input` and the two outputs;
    for tasks `messages` and `reference_answer`, for a grader.

    `weight` 0 or 1 says whether a turn of the assistant is trained on. The API has no form for reasoning, and calls and
    the answers to them have to have ids. A chat is left out where a turn is empty, or where the assistant does not have
    the last word: there is nothing to learn from what follows it.

    Source: OpenAI Cookbook, `examples/Chat_finetuning_data_prep.ipynb` (the checks of the format); OpenAI,
    "Supervised fine-tuning" (at least ten examples), "Direct preference optimization" (the pairs), "Reinforcement
    fine-tuning" (the fields of a grader).
    """
    for split in data.splits:
        name = f"{data.name}/{split.name}.jsonl"
        count = to.lines(name, data, split, record)
        if count < FEWEST:
            to.warnings.append(f"{name} has {count} examples; the API wants at least {FEWEST} to train on")


def record(row: Row, row_type: RowType) -> Record:
    """One row. Raises Unfit."""
    tools = _tools(row)
    if row_type is RowType.PREFERENCE:
        context, *answers = pair(row)
        if any(message["role"] != "assistant" for answer in answers for message in answer):
            raise Unfit("an answer that is more than turns of the assistant")
        chosen, rejected = ([_message(m, masks=False) for m in _whole(answer)] for answer in answers)
        given = {"messages": [_message(m, masks=False) for m in _whole(context)]}
        return {
            "input": {**given, "tools": tools or [], "parallel_tool_calls": True},
            "preferred_output": chosen,
            "non_preferred_output": rejected,
        }
    messages = row["prompt"] if row_type is RowType.TASK else conversation(row, row_type)
    told: Record = {"messages": [_message(m, masks=row_type is RowType.CHAT) for m in _whole(messages)]}
    if row_type is RowType.TASK:
        return told if row["answer"] is None else {**told, "reference_answer": row["answer"]}
    if messages[-1]["role"] != "assistant":
        raise Unfit("the last turn is not the assistant's")
    return told if tools is None else {**told, "tools": tools}


def _whole(messages: Sequence[Message]) -> Sequence[Message]:
    """Messages of which every answer of a tool follows its call. Raises Unfit."""
    if ORPHAN in departures(messages, False):
        raise Unfit(ORPHAN)
    return messages


def _message(message: Message, *, masks: bool) -> Record:
    role = message["role"]
    if role not in ROLES:
        raise Unfit(f"a turn of the role {role}")
    if "reasoning" in message:
        raise Unfit("reasoning")
    calls = message.get("tool_calls") or ()
    if not calls:
        needed(message.get("content"), f"text in a turn of the {role}")
    if any("id" not in call for call in calls) or (role == "tool" and "tool_call_id" not in message):
        raise Unfit("a call of a tool without an id")
    found: Record = {key: message[key] for key in ("role", "tool_call_id", "name") if key in message}
    if "content" in message:
        found["content"] = message["content"]
    if calls:
        found["tool_calls"] = [openai_call(call) for call in calls]
    if "train" in message:
        if role != "assistant" or not masks:
            raise Unfit(masked(message))
        found["weight"] = int(message["train"])
    return found


def _tools(row: Row) -> list[Any] | None:
    """The schemas of a row's tools in the API's form. Raises Unfit."""
    found = schemas(row)
    if found is not None and any("function" not in schema for schema in found):
        raise Unfit("schemas of tools that are not in OpenAI's form")
    return found
