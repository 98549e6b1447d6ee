"""The layout `axolotl`: data files, and the part of a config that names them."""

from __future__ import annotations

import json
from typing import Any

from tunec.compiler.types import RowType
from tunec.runtime.exchange.conversation import (
    Unfit,
    chat_messages,
    conversation,
    needed,
    pair,
    schemas,
    thoughts_in_text,
)
from tunec.runtime.exchange.data import Data, Row, Split
from tunec.runtime.exchange.destination import Destination, Record
from tunec.runtime.exchange.layout import layout
from tunec.runtime.sources.tools import compact

#: Names under which people keep the split that is looked at while training.
VALIDATION = ("validation", "valid", "val", "dev", "eval")


@layout(RowType.TEXT, RowType.INSTRUCTION, RowType.CHAT, RowType.PREFERENCE, RowType.CHOICE)
def axolotl(data: Data, to: Destination) -> None:
    """`DATASET/SPLIT.jsonl`, and `DATASET.yaml` with `datasets:` (and `test_datasets:`) to put into a config.

    Conversations are of the type `chat_template`, trained on the turns of the assistant unless `train` of a turn says
    otherwise; preferences are `chat_template.default` for `rl: dpo`, which reads texts alone and one message an answer;
    texts are `completion`. Arguments of calls and parameters of tools are JSON text, which no table pads with the keys
    of other rows. The paths are relative to the folder of the export.

    Source: axolotl (github.com/axolotl-ai-cloud/axolotl), `docs/dataset-formats/conversation.qmd` and `index.qmd`,
    `docs/rlhf.qmd`; what the preferences are read as, `src/axolotl/prompt_strategies/dpo/chat_template.py`.
    """
    for split in data.splits:
        to.lines(f"{data.name}/{split.name}.jsonl", data, split, record, thoughts_in_text)
    to.text(f"{data.name}.yaml", config(data))


def record(row: Row, row_type: RowType) -> Record:
    """One row. Raises Unfit."""
    if row_type is RowType.TEXT:
        return {"text": needed(row["text"], "text")}
    if row_type is RowType.PREFERENCE:
        return _pair(row)
    told = {"messages": chat_messages(conversation(row, row_type), masks=True)}
    tools = schemas(row)
    return told if tools is None else {**told, "tools": [_schema(tool) for tool in tools]}


def _pair(row: Row) -> Record:
    parts = pair(row)
    if any(set(message) - {"role", "content"} for part in parts for message in part) or row.get("tools") is not None:
        raise Unfit("a preference with more than texts")
    if any(len(answer) != 1 for answer in parts[1:]):
        raise Unfit("an answer of more than one turn")
    prompt, chosen, rejected = (chat_messages(part) for part in parts)
    return {"messages": prompt, "chosen": chosen[0], "rejected": rejected[0]}


def _schema(tool: dict[str, Any]) -> dict[str, Any]:
    inner = tool.get("function")
    if not isinstance(inner, dict) or not isinstance(inner.get("parameters"), dict):
        return tool
    return {**tool, "function": {**inner, "parameters": compact(inner["parameters"])}}


def config(data: Data) -> str:
    """The part of a config. Texts are written as JSON, which YAML reads as it is."""
    trained = next((s for s in data.splits if s.name == "train"), data.splits[0])
    watched = next((s for name in VALIDATION for s in data.splits if s.name == name and s is not trained), None)
    lines = ["# Put this into the config of a training, and run it from this folder."]
    if data.row_type is RowType.PREFERENCE:
        lines.append("rl: dpo")
    lines += ["datasets:", *_entry(data, trained)]
    if watched is not None:
        lines += ["test_datasets:", *_entry(data, watched)]
    others = [s.name for s in data.splits if s not in (trained, watched)]
    if others:
        lines.append(f"# In no training: {', '.join(f'{data.name}/{name}.jsonl' for name in others)}")
    return "\n".join(lines) + "\n"


def _entry(data: Data, split: Split) -> list[str]:
    # A file of JSON has one split, which is called `train` whatever rows it holds.
    lines = [f"- path: {json.dumps(f'{data.name}/{split.name}.jsonl')}", "ds_type: json", "split: train"]
    fields = ["field_messages: messages", "message_property_mappings:", "  role: role", "  content: content"]
    if data.row_type is RowType.TEXT:
        lines += ["type: completion", "field: text"]
    elif data.row_type is RowType.PREFERENCE:
        lines += ["type: chat_template.default", *fields, "field_chosen: chosen", "field_rejected: rejected"]
    else:
        lines += ["type: chat_template", *fields, "message_field_training: train"]
        lines += ["field_tools: tools"] if data.tools else []
        lines += ['roles_to_train: ["assistant"]', "train_on_eos: turn"]
    return ["  " + lines[0], *("    " + line for line in lines[1:])]
