"""Reads the parts of rows out of records, with a reason for whatever does not fit."""

from __future__ import annotations

import json
from typing import Any

from tunec.runtime.sources.reading import HALF, is_whole
from tunec.runtime.values import FormatError, RowFormat

#: What the turns of a chat are called in the data sets that are about, and what models are trained with.
_ROLES = {
    "human": "user", "user": "user", "prompter": "user", "instruction": "user", "customer": "user",
    "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant", "bing": "assistant", "bard": "assistant",
    "bot": "assistant", "chatbot": "assistant", "ai": "assistant", "model": "assistant", "claude": "assistant",
    "function_call": "assistant", "tool_call": "assistant", "function-call": "assistant",
    "system": "system", "developer": "system",
    "observation": "tool", "tool": "tool", "function": "tool", "tool_response": "tool", "function_response": "tool",
    "function-response": "tool", "ipython": "tool",
}  # fmt: skip


def value_at(record: dict[str, Any], column: str) -> Any:
    """The value of a column; `a.b.0` is item 0 of field `b` of column `a`, unless a column has that very name."""
    if column in record or "." not in column:
        return record.get(column)
    value: Any = record
    for part in column.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def text(record: dict[str, Any], column: str, *, optional: bool = False) -> str:
    """The text in a column; an absent optional one is empty."""
    value = value_at(record, column)
    if value is None:
        if optional:
            return ""
        raise FormatError(f"has no `{column}`" if column not in record else f"`{column}` is null", column)
    if not isinstance(value, str):
        raise FormatError(f"`{column}` is no text but {type(value).__name__}")
    return value


def turns(record: dict[str, Any], column: str, role: str, content: str) -> list[dict[str, str]]:
    """The turns of a chat, with the role names that models are trained with.

    A text in parts is joined. What an assistant calls tools with is JSON, one call a line, after what it says.
    """
    value = value_at(record, column)
    if value is None:
        raise FormatError(f"has no `{column}`", column)
    if not isinstance(value, list) or not value:
        raise FormatError(f"`{column}` is no list of turns")
    found = []
    for turn in value:
        said = _said(turn, content) if isinstance(turn, dict) else None
        if said is None or not isinstance(turn.get(role), str):
            raise FormatError(f"a turn of `{column}` lacks a text in `{role}` or `{content}`")
        found.append({"role": role_of(turn[role], column), "content": said})
    return found


def role_of(name: str, column: str) -> str:
    """`system`, `user`, `assistant` or `tool`, for any name that data sets have for them."""
    role = _ROLES.get(name.lower())
    if role is None:
        raise FormatError(f"a turn of `{column}` has the unknown role `{name}`")
    return role


def _said(turn: dict[str, Any], content: str) -> str | None:
    value = turn.get(content)
    if isinstance(value, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in value]
        texts = [part for part in parts if isinstance(part, str)]
        value = "".join(texts) if len(texts) == len(parts) else None
    asked = turn.get("tool_calls") or []
    if not isinstance(asked, list):
        raise FormatError("the `tool_calls` of a turn are no list")
    calls = [call.get("function", call) for call in asked if isinstance(call, dict)]
    if isinstance(turn.get("function_call"), dict):
        calls.append(turn["function_call"])
    if not all(isinstance(call, dict) for call in calls):
        raise FormatError("a call in a turn is no object")
    if not calls:
        return value if isinstance(value, str) else None
    lines = [json.dumps({k: _plain_json(c.get(k)) for k in ("name", "arguments")}, ensure_ascii=False) for c in calls]
    return "\n".join([value, *lines] if isinstance(value, str) and value else lines)


def _plain_json(value: Any) -> Any:
    """Arguments of a call: OpenAI has them as JSON within JSON."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        loaded = json.loads(value)
    except ValueError:
        return value
    except RecursionError as error:
        raise FormatError("the arguments of a call are nested too deep") from error
    if HALF.search(value) and not is_whole(loaded):
        raise FormatError("the arguments of a call hold half a character, as of a text that was cut in two")
    return loaded


def choice_row(
    record: dict[str, Any], question: str | list[str], choices: str | list[str] | None, answer: str
) -> dict[str, Any]:
    """A multiple-choice item. `choices` is one column with a list, or a list of columns with one choice each.

    A `question` of several columns is their texts with a space between; of a column that holds a list, its first item.
    """
    if isinstance(choices, list):
        listed: Any = [_plain(record, column) for column in choices]
    else:
        listed = value_at(record, choices) if choices is not None else None
    if listed is not None and not isinstance(listed, list):
        raise FormatError(f"`{choices}` is no list")
    options = [str(c) for c in listed] if listed is not None else []
    value = value_at(record, answer)
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
    value = value_at(record, column)
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

    return RowFormat("of the spec", rows, content, *_plain_of(fields, rows))


def _plain_of(fields: dict[str, Any], rows: str) -> tuple[dict[str, str | list[str] | None] | None, tuple[str, ...]]:
    """The columns behind the content columns, and which of them are optional, where a value is taken as it stands."""
    parts = [name for value in fields.values() for name in (value if isinstance(value, list) else [value])]
    if rows == "chat" or "strip_prefix" in fields or any("." in name for name in parts):
        return None, ()
    if rows == "choice":
        question, choices = fields["question"], fields.get("choices", [])
        if isinstance(question, list):
            return None, ()
        return {"question": question, "choices": choices, "answer": fields.get("answer", "answer")}, ()
    if rows == "instruction":
        first = fields.get("instruction", fields.get("prompt"))
        others = {name: fields.get(name) for name in ("input", "response", "system")}
        return {"instruction": first, **others}, ("input", "system")
    return {
        name: fields[name] for name in (("prompt", "chosen", "rejected") if rows == "preference" else ("text",))
    }, ()
