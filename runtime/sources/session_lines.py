"""The lines of session logs, as the agents write them whose logs the Hugging Face Hub shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from tunec.runtime.base.values import FormatError
from tunec.runtime.rows.messages import Message
from tunec.runtime.sources import blocks
from tunec.runtime.sources.conversations import NOT_TEXT, block_text, role_of
from tunec.runtime.sources.notices import Notices, is_there
from tunec.runtime.sources.tools import arguments_of, calls_of, compact
from tunec.runtime.sources.turn_parts import put

Line = dict[str, Any]
#: What Codex records of a turn, alone or as the `payload` of a line.
_ITEMS = (
    "message", "reasoning", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output",
    "local_shell_call", "local_shell_call_output",
)  # fmt: skip


def is_line(record: Line) -> bool:
    """Whether a record is a line of a session log."""
    said = record.get("message")
    return _item(record) is not None or (isinstance(said, dict) and "role" in said and "type" in record)


def messages_of(lines: Sequence[Line], notices: Notices) -> list[Message]:
    """The messages of a session. Raises FormatError where a turn of it cannot be read as text."""
    items = [item for line in lines if (item := _item(line)) is not None]
    if items:
        return _of_codex(lines, items, notices)
    turns = [line for line in lines if isinstance(line.get("message"), dict) and "role" in line["message"]]
    others = [line for line in lines if line.get("type") in ("compaction", "branch_summary", "custom_message")]
    for line in others:
        notices.passed_over(f"`{line['type']}` of a session")
    path = _path(lines, turns, notices)
    if any(line.get("type") == "message" for line in turns):
        return [message for line in path for message in _of_pi(line["message"], notices)]
    return _of_claude(path, notices)


# Claude Code: a line for each block of an answer, in a tree.


def _of_claude(lines: Sequence[Line], notices: Notices) -> list[Message]:
    found: list[Message] = []
    answers: dict[str, Message] = {}
    for line in lines:
        said, id_ = line["message"], _answer_of(line)
        for message in blocks.messages_of({**said, "content": said.get("content") or []}, notices, "message"):
            if id_ is not None and id_ in answers:
                _join(answers[id_], message, notices)
                continue
            found.append(message)
            if id_ is not None:
                answers[id_] = message
    return found


def _answer_of(line: Line) -> str | None:
    """What the parts of one answer have in common."""
    said = line["message"]
    return str(said["id"]) if said["role"] == "assistant" and is_there(said.get("id")) else None


def _join(message: Message, part: Message, notices: Notices) -> None:
    for key in ("reasoning", "content", "tool_calls"):
        if key in part:
            put(message, key, part[key], notices)


def _path(lines: Sequence[Line], turns: Sequence[Line], notices: Notices) -> list[Line]:
    """The turns that led to the last one. The parts of an answer belong together, and with the answers to its calls;
    turns that were taken back and what helpers said meanwhile are left out and counted."""
    aside = sum(bool(line.get("isSidechain")) for line in turns)
    if 0 < aside < len(turns):  # else it is the log of a helper, or there were none
        notices.unread["turns of helpers (`isSidechain`)"] += aside
        lines, turns = ([line for line in some if not line.get("isSidechain")] for some in (lines, turns))
    if not any("parentUuid" in line or "parentId" in line for line in turns):
        return list(turns)
    known = {str(line.get("uuid") or line.get("id")): line for line in lines}
    earlier = {id(line): before for before, line in pairwise(lines)}  # for one whose parent is not in the file
    line: Line | None = turns[-1]
    led: set[int] = set()
    while line is not None and id(line) not in led:
        led.add(id(line))
        before = line.get("parentUuid") or line.get("logicalParentUuid") or line.get("parentId")
        line = known.get(str(before), earlier.get(id(line))) if before else None
    answers = {_answer_of(line) for line in turns if id(line) in led} - {None}
    led |= {id(line) for line in turns if _answer_of(line) in answers}
    calls = {call for line in turns if id(line) in led for call in _ids(line, "id")}
    led |= {id(line) for line in turns if not calls.isdisjoint(_ids(line, "tool_use_id"))}
    if len(turns) > (count := sum(id(line) in led for line in turns)):
        notices.unread["turns that were taken back"] += len(turns) - count
    return [line for line in turns if id(line) in led]


def _ids(line: Line, key: str) -> Iterator[str]:
    content = line["message"].get("content")
    for block in content if isinstance(content, list) else ():
        if isinstance(block, dict) and isinstance(block.get(key), str):
            yield block[key]


# Pi, and the simple format for agents of one's own: a message in an envelope.


def _of_pi(said: Line, notices: Notices) -> list[Message]:
    role = said["role"]
    if role == "bashExecution":
        return [] if said.get("excludeFromContext") else [_user(f"$ {said.get('command')}\n{said.get('output')}")]
    if role in ("branchSummary", "compactionSummary"):
        return [_user(str(said.get("summary")))]
    if role == "custom":
        return [_user(block_text(said.get("content") or ""))]
    content = said.get("content")
    if isinstance(content, list):
        content = [_block(block) for block in content]
    if role in ("toolResult", "tool"):
        block = {"content": content, "tool_use_id": said.get("toolCallId"), "is_error": said.get("isError")}
        return [_named(blocks.answer_of(block, notices), said.get("toolName"))]
    turn = {"role": role, "content": [] if content is None else content}
    found: list[Message] = blocks.messages_of(turn, notices, "message")
    if role == "assistant" and is_there(said.get("reasoningContent")):
        found = found or [{"role": "assistant"}]
        found[0]["reasoning"] = str(said["reasoningContent"])
    if is_there(said.get("toolCalls")):
        found = found or [{"role": "assistant"}]
        found[0]["tool_calls"] = calls_of(said["toolCalls"], "toolCalls")
    if said.get("errorMessage"):
        notices.passed_over("`errorMessage` of a turn")
    return found


def _user(text: str) -> Message:
    return {"role": "user", "content": text}


def _named(message: Message, name: Any) -> Message:
    return {**message, "name": str(name)} if is_there(name) else message


def _block(block: Any) -> Any:
    """A block of Pi as one of Anthropic's."""
    if isinstance(block, dict) and block.get("type") == "toolCall":
        return {**block, "type": "tool_use", "input": block.get("arguments")}
    return block


# Codex: items of OpenAI's Responses API, most of them in an envelope.


def _item(line: Line) -> Line | None:
    item = line.get("payload") if line.get("type") == "response_item" else line
    told = isinstance(item, dict) and item.get("type") in _ITEMS and not isinstance(item.get("message"), dict)
    return item if told else None


def _of_codex(lines: Sequence[Line], items: Sequence[Line], notices: Notices) -> list[Message]:
    found: list[Message] = []
    metas = (line["payload"] for line in lines if line.get("type") == "session_meta" and "payload" in line)
    for given in (meta.get("base_instructions") or meta.get("instructions") for meta in metas):
        text = given.get("text") if isinstance(given, dict) else given
        if isinstance(text, str) and text and not found:
            found.append({"role": "system", "content": text})
    for line in lines:
        if line.get("type") == "compacted":
            notices.passed_over("`compacted` of a session")
    current: Message = {}  # the turn of the assistant that items are added to
    for item in items:
        kind = item["type"]
        if kind.endswith("_output"):
            current = {}
            found.append(_output(item))
        elif kind == "message" and item.get("role") != "assistant":
            current = {}
            found.append({"role": role_of(str(item.get("role")), "payload"), "content": _said(item.get("content"))})
        else:
            done = "tool_calls" in current or "content" in current
            if not current or (done and kind == "reasoning") or ("content" in current and kind == "message"):
                current = {"role": "assistant"}
            part = _part(item, notices)
            if part and set(current) == {"role"}:
                found.append(current)
            _join(current, part, notices)
    return found


def _part(item: Line, notices: Notices) -> Message:
    """What an item adds to a turn of the assistant."""
    if item["type"] == "message":
        return {"content": _said(item.get("content"))}
    if item["type"] == "reasoning":
        thoughts = item.get("content") or item.get("summary") or []
        if not thoughts and item.get("encrypted_content"):
            notices.passed_over("`encrypted_content` of a thought")
        texts = [str(thought.get("text")) for thought in thoughts if isinstance(thought, dict)]
        return {"reasoning": "\n\n".join(texts)} if texts else {}
    given = item.get("action") if item["type"] == "local_shell_call" else item.get("arguments", item.get("input"))
    call = {"name": str(item.get("name") or "local_shell"), "arguments": arguments_of(given)}
    id_ = {} if item.get("call_id") is None else {"id": str(item["call_id"])}
    return {"tool_calls": [{**id_, **call}]}


def _output(item: Line) -> Message:
    output = item.get("output")
    text = _said(output) if isinstance(output, list) else output if isinstance(output, str) else compact(output)
    id_ = {} if item.get("call_id") is None else {"tool_call_id": str(item["call_id"])}
    return {"role": "tool", "content": text, **id_}


def _said(content: Any) -> str:
    """The text in the parts of an item. Raises FormatError."""
    parts = [content] if isinstance(content, str | dict) else content if isinstance(content, list) else [None]
    texts = [part if isinstance(part, str) else part.get("text") if isinstance(part, dict) else None for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise FormatError(NOT_TEXT)
    return "".join(text for text in texts if text is not None)
