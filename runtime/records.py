"""Reads the parts of rows out of records, with a reason for whatever does not fit."""

from __future__ import annotations

from typing import Any

from tunec.runtime.values import FormatError, RowFormat

_ROLES = {
    "human": "user", "user": "user", "prompter": "user", "gpt": "assistant", "assistant": "assistant",
    "chatgpt": "assistant", "bing": "assistant", "bard": "assistant", "model": "assistant", "system": "system",
    "function_call": "assistant", "observation": "tool", "tool": "tool", "function": "tool",
}  # fmt: skip


def text(record: dict[str, Any], column: str, *, optional: bool = False) -> str:
    """The text in a column; an absent optional one is empty."""
    value = record.get(column)
    if value is None:
        if optional:
            return ""
        raise FormatError(f"has no `{column}`" if column not in record else f"`{column}` is null", column)
    if not isinstance(value, str):
        raise FormatError(f"`{column}` is no text but {type(value).__name__}")
    return value


def turns(record: dict[str, Any], column: str, role: str, content: str) -> list[dict[str, str]]:
    """The turns of a chat, with the role names that models are trained with."""
    value = record.get(column)
    if value is None:
        raise FormatError(f"has no `{column}`", column)
    if not isinstance(value, list) or not value:
        raise FormatError(f"`{column}` is no list of turns")
    found = []
    for turn in value:
        if not isinstance(turn, dict) or not isinstance(turn.get(role), str) or not isinstance(turn.get(content), str):
            raise FormatError(f"a turn of `{column}` lacks a text in `{role}` or `{content}`")
        name = _ROLES.get(turn[role].lower())
        if name is None:
            raise FormatError(f"a turn of `{column}` has the unknown role `{turn[role]}`")
        found.append({"role": name, "content": turn[content]})
    return found


def choice_row(
    record: dict[str, Any], question: str | list[str], choices: str | list[str] | None, answer: str
) -> dict[str, Any]:
    """A multiple-choice item. `choices` is one column with a list, or a list of columns with one choice each.

    A `question` of several columns is their texts with a space between; of a column that holds a list, its first item.
    """
    if isinstance(choices, list):
        listed: Any = [_plain(record, column) for column in choices]
    else:
        listed = record.get(choices) if choices is not None else None
    if listed is not None and not isinstance(listed, list):
        raise FormatError(f"`{choices}` is no list")
    options = [str(c) for c in listed] if listed is not None else []
    value = record.get(answer)
    if value is None:
        raise FormatError(f"has no `{answer}`", answer)
    if isinstance(value, list):
        value = value[0] if value else ""
    return {"question": _joined(record, question), "choices": options, "answer": str(value)}


def _joined(record: dict[str, Any], question: str | list[str]) -> str:
    if isinstance(question, str):
        return text(record, question)
    firsts = {c: v[0] if isinstance(v, list) and v else v for c, v in record.items()}
    return " ".join(text(firsts, column) for column in question)


def _plain(record: dict[str, Any], column: str) -> str:
    value = record.get(column)
    if value is None:
        raise FormatError(f"has no `{column}`", column)
    return str(value)


def mapped(fields: dict[str, Any], rows: str) -> RowFormat:
    """The format that a record of a spec describes: `{question: "q", choices: ["A", "B"], answer: "key"}`."""
    prefix = str(fields.get("strip_prefix", ""))

    def stripped(value: str) -> str:
        return value.removeprefix(prefix) if prefix else value

    def content(record: dict[str, Any]) -> dict[str, Any]:
        if rows == "choice":
            row = choice_row(record, fields["question"], fields.get("choices"), fields.get("answer", "answer"))
            return {**row, "question": stripped(row["question"])}
        if rows == "chat":
            role, value = fields.get("role", "role"), fields.get("content", "content")
            return {"messages": turns(record, fields["messages"], role, value)}
        if rows == "instruction":
            column = str(fields.get("instruction", fields.get("prompt")))
            return {
                "instruction": stripped(text(record, column)),
                "input": text(record, fields["input"], optional=True) if "input" in fields else "",
                "response": text(record, fields["response"]) if "response" in fields else "",
                "system": text(record, fields["system"], optional=True) if "system" in fields else "",
            }
        names = {"preference": ("prompt", "chosen", "rejected"), "text": ("text",)}[rows]
        return {name: stripped(text(record, fields[name])) for name in names}

    return RowFormat("of the spec", rows, content)
