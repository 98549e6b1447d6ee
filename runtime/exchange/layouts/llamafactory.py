"""The layout `llamafactory`: data files and the `dataset_info.json` that names them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from tunec.compiler.types import MESSAGES, RowType
from tunec.runtime.exchange.conversation import (
    Unfit,
    conversation,
    masked,
    needed,
    pair,
    rated,
    silence_beside_calls,
    spoken,
)
from tunec.runtime.exchange.data import Data, ExchangeError, Row
from tunec.runtime.exchange.destination import Destination, Record
from tunec.runtime.exchange.layout import layout
from tunec.runtime.exchange.layouts import alpaca
from tunec.runtime.rows.messages import Message

INFO = "dataset_info.json"
#: Every tag, because the reader takes one that is not named as absent rather than as its default.
TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "observation_tag": "tool",
    "function_tag": "function_call",
    "system_tag": "system",
}


@layout(RowType.TEXT, RowType.INSTRUCTION, RowType.CHAT, RowType.PREFERENCE, RowType.RATED, RowType.CHOICE)
def llamafactory(data: Data, to: Destination) -> None:
    """`DATASET_SPLIT.jsonl` and an entry `DATASET_SPLIT` for each in `dataset_info.json`: a `dataset_dir`.

    Instructions and multiple-choice items are in alpaca form; chats, preferences (`ranking`) and rated answers
    (`kto_tag`) in the form of `sharegpt`, texts for pre-training. Calls of tools are turns `function_call` with the
    call, or the list of calls, as JSON; reasoning stands between `<think>` and `</think>` at the head of a turn.
    Entries of other data sets that the file has already are kept.

    The reader skips chats in which the user (or a tool) and the assistant do not take turns, user first, assistant
    last, and trains on every turn of the assistant: chats that are otherwise are left out here and counted.

    Source: LLaMA-Factory (github.com/hiyouga/LLaMA-Factory), `data/README.md`; what it skips,
    `src/llamafactory/data/converter.py`; its reading of the entries, `src/llamafactory/data/parser.py`.
    """
    entries = {}
    for split in data.splits:
        name = f"{data.name}_{split.name}"
        convert = partial(record, systems=data.systems, tools=data.tools)
        to.lines(f"{name}.jsonl", data, split, convert, silence_beside_calls)
        entries[name] = {"file_name": f"{name}.jsonl", **entry(data)}
    _register(entries, to)


def entry(data: Data) -> dict[str, Any]:
    """How the reader finds the parts of a row."""
    if data.row_type is RowType.TEXT:
        return {"columns": {"prompt": "text"}}
    if data.row_type in MESSAGES:
        columns = {"messages": "messages", **({"tools": "tools"} if data.tools else {})}
        ranking: dict[str, Any] = {}
        if data.row_type is RowType.PREFERENCE:
            ranking, columns = {"ranking": True}, {**columns, "chosen": "chosen", "rejected": "rejected"}
        if data.row_type is RowType.RATED:
            columns["kto_tag"] = "label"
        return {"formatting": "sharegpt", **ranking, "columns": columns, "tags": TAGS}
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    return {"columns": {**columns, "system": "system"} if data.systems else columns}


def record(row: Row, row_type: RowType, *, systems: bool, tools: bool) -> Record:
    """One row. Raises Unfit."""
    if row_type is RowType.TEXT:
        return {"text": needed(row["text"], "text")}
    if row_type not in MESSAGES:
        # The reader looks for every column that the entry names.
        return {"input": "", **alpaca.record(row, row_type, systems=systems)}
    if row_type is RowType.PREFERENCE:
        context, chosen, rejected = pair(row)
        if len(chosen) != 1 or len(rejected) != 1:
            raise Unfit("an answer of more than one turn")
        _take_turns([*context, *chosen])
        told: Record = {"messages": _turns(context), "chosen": _turn(chosen[0]), "rejected": _turn(rejected[0])}
    elif row_type is RowType.RATED:
        context, completion, label = rated(row)
        if len(completion) != 1:
            raise Unfit("an answer of more than one turn")
        _take_turns([*context, *completion])
        told = {"messages": _turns([*context, *completion]), "label": label}
    else:
        messages = conversation(row, row_type)
        _take_turns(messages)
        told = {"messages": _turns(messages)}
    return {**told, "tools": row.get("tools") or ""} if tools else told


def _turns(messages: Sequence[Message]) -> list[Record]:
    return [_turn(message) for message in messages]


def _turn(message: Message) -> Record:
    calls, text = spoken(message)
    found = {"role": TAGS["function_tag"] if calls else message["role"], "content": text}
    found |= {key: message[key] for key in ("tool_call_id", "name") if key in message}
    if "train" in message:
        if message["train"] is not (message["role"] == "assistant"):
            raise Unfit(masked(message))
        found["train"] = message["train"]
    return found


def _take_turns(messages: Sequence[Message]) -> None:
    said = messages[1:] if messages[0]["role"] == "system" else messages
    sides = (("user", "tool"), ("assistant",))
    if len(said) % 2 or any(message["role"] not in sides[number % 2] for number, message in enumerate(said)):
        raise Unfit("the user and the assistant do not take turns")


def _register(entries: dict[str, Any], to: Destination) -> None:
    path = to.root / INFO
    known: Any = {}
    if path.exists():
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise ExchangeError(f"{path} is not valid JSON, and is left as it is: {error}") from error
        if not isinstance(known, dict):
            raise ExchangeError(f"{path} is not an object, and is left as it is")
    for name, said in entries.items():
        if known.get(name, said) != said:
            to.warnings.append(f"{INFO} had another entry `{name}`, which is replaced")
    to.files[:] = [file for file in to.files if file.path != INFO]
    to.text(INFO, json.dumps({**known, **entries}, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
