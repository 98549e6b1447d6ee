"""Messages in blocks, as Anthropic's API and the session logs of its tools have them."""

from __future__ import annotations

from typing import Any

from tunec.runtime.base.values import FormatError, RowFormat
from tunec.runtime.rows.messages import Message
from tunec.runtime.sources.conversations import NOT_TEXT, block_text, role_of, system_text, tool_text
from tunec.runtime.sources.notices import Notices
from tunec.runtime.sources.records import needed
from tunec.runtime.sources.tools import arguments_of, tools_of
from tunec.runtime.sources.turn_parts import put

#: Blocks that no other layout has.
_TELLING = ("tool_use", "tool_result", "thinking", "redacted_thinking")


def of_blocks(name: str) -> RowFormat:
    """A format whose `messages` are in blocks."""
    notices = Notices()

    def content(record: dict[str, Any]) -> dict[str, Any]:
        notices.record(record, ("system", "tools"))
        value = needed(record, "messages")
        if not isinstance(value, list) or not value:
            raise FormatError("`messages` is not a list of turns")
        system = system_text(record.get("system"))
        messages: list[Message] = [{"role": "system", "content": system}] if system else []
        for turn in value:
            said = messages_of(turn, notices)
            if not said:
                raise FormatError("a turn of `messages` has no text in `content`")
            messages += said
        tools = record.get("tools")
        found = tools_of([_schema(tool) for tool in tools] if isinstance(tools, list) else tools)
        chat = {"messages": notices.chat(messages)}
        return chat if found is None else {**chat, "tools": found}

    return RowFormat(name, "chat", content, notes=notices.notes)


def has_blocks(record: dict[str, Any]) -> bool:
    """Whether a record with `messages` is in blocks: what calls, answers and thoughts are in, not texts alone."""
    if isinstance(record.get("system"), list):
        return True
    tools, turns = (record.get(name) for name in ("tools", "messages"))
    if isinstance(tools, list) and any(isinstance(tool, dict) and "input_schema" in tool for tool in tools):
        return True
    contents = [turn.get("content") for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []
    blocks = (block for content in contents if isinstance(content, list) for block in content)
    return any(isinstance(block, dict) and block.get("type") in _TELLING for block in blocks)


def messages_of(turn: Any, notices: Notices, column: str = "messages") -> list[Message]:
    """The messages in one turn: answers of tools are turns of their own. Raises FormatError."""
    if not isinstance(turn, dict) or not isinstance(turn.get("role"), str):
        raise FormatError(f"a turn of `{column}` has no text in `role`")
    role, value = role_of(turn["role"], column), turn.get("content")
    if isinstance(value, str):
        return [{"role": role, "content": value}]
    if not isinstance(value, list):
        raise FormatError(f"a turn of `{column}` has no text in `content`")
    found: list[Message] = []
    current: Message = {"role": role}
    before = ""
    for block in value:
        kind = "text" if isinstance(block, str) else str(block.get("type")) if isinstance(block, dict) else ""
        if kind == "tool_result":
            found += [current] if len(current) > 1 else []
            current = {"role": role}
            found.append(answer_of(block, notices))
        else:
            _add(current, kind, block, notices, adjoining=kind == before)
        before = kind
    return found + ([current] if len(current) > 1 else [])


def _add(message: Message, kind: str, block: Any, notices: Notices, *, adjoining: bool) -> None:
    """Add a block to a turn. Texts that adjoin are one text in pieces, as citations part it; others are texts apart."""
    if kind == "text":
        said = block if isinstance(block, str) else block.get("text")
        if not isinstance(said, str):
            raise FormatError("a turn of `messages` has no text in `content`")
        put(message, "content", said, notices, "" if adjoining else "\n\n")
    elif kind == "redacted_thinking" or (kind == "thinking" and block.get("thinking") == ""):
        notices.passed_over("a thought that is not shown")
    elif kind == "thinking" and isinstance(block.get("thinking"), str):
        put(message, "reasoning", block["thinking"], notices)
    elif kind == "tool_use" and isinstance(block.get("name"), str):
        call = {"name": block["name"], "arguments": arguments_of(block.get("input"))}
        id_ = {} if block.get("id") is None else {"id": str(block["id"])}
        put(message, "tool_calls", [{**id_, **call}], notices)
    else:
        raise FormatError(NOT_TEXT)


def answer_of(block: dict[str, Any], notices: Notices) -> Message:
    """The answer of a tool in a block. Raises FormatError."""
    if block.get("is_error"):
        notices.passed_over("`is_error` of a tool's answer")
    found: Message = {"role": "tool", "content": _answer_text(block.get("content"))}
    return found if block.get("tool_use_id") is None else {**found, "tool_call_id": str(block["tool_use_id"])}


def _answer_text(value: Any) -> str:
    if value is None or value == []:
        return ""
    blocks = isinstance(value, list) and bool(value) and all(isinstance(b, dict) and "type" in b for b in value)
    return block_text(value) if blocks else tool_text(value) or ""


def _schema(tool: Any) -> Any:
    """A tool's schema as a function with `parameters`."""
    if not isinstance(tool, dict) or "input_schema" not in tool:
        return tool
    inner = {key: value for key, value in tool.items() if key in ("name", "description")}
    return {"type": "function", "function": {**inner, "parameters": tool["input_schema"]}}
