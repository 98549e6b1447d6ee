"""The layout `llamafactory`: data files and the `dataset_info.json` that names them."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from tunec.compiler.types import RowType
from tunec.runtime.exchange.conversation import Turn, Unfit, chat_messages, conversation, needed
from tunec.runtime.exchange.conversation import pair as pair_of
from tunec.runtime.exchange.data import Data, ExchangeError, Row
from tunec.runtime.exchange.destination import Destination, Record
from tunec.runtime.exchange.layout import layout
from tunec.runtime.exchange.layouts import alpaca

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


@layout(RowType.TEXT, RowType.INSTRUCTION, RowType.CHAT, RowType.PREFERENCE, RowType.CHOICE)
def llamafactory(data: Data, to: Destination) -> None:
    """`DATASET_SPLIT.jsonl` and an entry `DATASET_SPLIT` for each in `dataset_info.json`: a `dataset_dir`.

    Instructions and multiple-choice items are in alpaca form, chats in the OpenAI form of `sharegpt`, preferences in
    alpaca form with `ranking`, texts for pre-training. Entries of other data sets that the file has already are kept.

    The reader skips chats in which the user (or a tool) and the assistant do not take turns, user first, assistant
    last: they are left out here and counted.

    Source: LLaMA-Factory (github.com/hiyouga/LLaMA-Factory), `data/README.md`; what it skips,
    `src/llamafactory/data/converter.py`; its reading of the entries, `src/llamafactory/data/parser.py`.
    """
    entries = {}
    for split in data.splits:
        name = f"{data.name}_{split.name}"
        to.lines(f"{name}.jsonl", data, split, partial(record, systems=data.systems))
        entries[name] = {"file_name": f"{name}.jsonl", **entry(data)}
    _register(entries, to)


def entry(data: Data) -> dict[str, Any]:
    """How the reader finds the parts of a row."""
    if data.row_type is RowType.TEXT:
        return {"columns": {"prompt": "text"}}
    if data.row_type is RowType.CHAT:
        return {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": TAGS}
    if data.row_type is RowType.PREFERENCE:
        columns = {"prompt": "instruction", "query": "input", "chosen": "chosen", "rejected": "rejected"}
        return {"ranking": True, "columns": columns}
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    return {"columns": {**columns, "system": "system"} if data.systems else columns}


def record(row: Row, row_type: RowType, *, systems: bool) -> Record:
    """One row. Raises Unfit."""
    if row_type is RowType.TEXT:
        return {"text": needed(row["text"], "text")}
    if row_type is RowType.CHAT:
        turns = conversation(row, row_type)
        _take_turns(turns)
        return {"messages": chat_messages(turns)}
    if row_type is RowType.PREFERENCE:
        prompt, chosen, rejected = (turn.content for turn in pair_of(row))
        return {"instruction": prompt, "input": "", "chosen": chosen, "rejected": rejected}
    return alpaca.record(row, row_type, systems=systems)


def _take_turns(turns: tuple[Turn, ...]) -> None:
    said = turns[1:] if turns[0].role == "system" else turns
    sides = (("user", "tool"), ("assistant",))
    if len(said) % 2 or any(turn.role not in sides[number % 2] for number, turn in enumerate(said)):
        raise Unfit("the user and the assistant do not take turns")


def _register(entries: dict[str, Any], to: Destination) -> None:
    path = to.root / INFO
    known: Any = {}
    if path.exists():
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ExchangeError(f"{path} is no JSON, and is left as it is: {error}") from error
        if not isinstance(known, dict):
            raise ExchangeError(f"{path} is no object, and is left as it is")
    for name, said in entries.items():
        if known.get(name, said) != said:
            to.warnings.append(f"{INFO} had another entry `{name}`, which is replaced")
    to.files[:] = [file for file in to.files if file.path != INFO]
    to.text(INFO, json.dumps({**known, **entries}, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
