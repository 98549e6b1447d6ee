"""Reads messages out of records, in whichever of the dialects that data sets are written in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from tunec.dsl.record import record
from tunec.runtime.base.values import FormatError
from tunec.runtime.rows.messages import Message
from tunec.runtime.sources.notices import Notices, is_there
from tunec.runtime.sources.tools import calls_in, calls_of, compact, parsed
from tunec.runtime.sources.turn_parts import put

#: The reason for rows that hold images, audio or files: they are never half read.
NOT_TEXT = "parts that are not text"
#: What the turns of a chat are called in the data sets that exist, and what models are trained with.
ROLES = {
    "human": "user", "user": "user", "prompter": "user", "instruction": "user", "customer": "user", "question": "user",
    "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant", "bing": "assistant", "bard": "assistant",
    "bot": "assistant", "chatbot": "assistant", "ai": "assistant", "model": "assistant", "claude": "assistant",
    "function_call": "assistant", "tool_call": "assistant", "function-call": "assistant", "tool_calls": "assistant",
    "system": "system", "developer": "developer",
    "observation": "tool", "tool": "tool", "function": "tool", "tool_response": "tool", "function_response": "tool",
    "function-response": "tool", "ipython": "tool", "tool_result": "tool",
    "用户": "user", "助手": "assistant", "系统": "system",
}  # fmt: skip
#: A turn that is called after the model which said it: `GPT-4`, `gpt-3.5-turbo`, `Claude 3 Opus`.
_MODEL = re.compile(r"(?:chat)?gpt[-_ ]?\d.*|claude[-_ ].*")
#: Sides whose turns are nothing but calls of tools.
_CALLING = ("function_call", "tool_call", "function-call", "tool_calls")
_REASONING = ("reasoning_content", "reasoning", "thinking")
_TEXTS = (None, "text", "input_text", "output_text")
_MEDIA = ("images", "image", "videos", "video", "audios", "audio")
#: Parts of a tool's answer that are no value of a tool.
_MEDIA_PART = re.compile(r"image|audio|video|file|document")
_MARKED = re.compile(r"\s*<\|[\w ]+\|>: ?(.*?)\s*<eo[a-z]>\s*", re.DOTALL)
_THINK = re.compile(r"\s*<think>\n?(.*?)\n?</think>\n{0,2}", re.DOTALL)


@record
class Reader:
    """How the turns of a format are read.

    `role` and `content` name the keys of a turn where they are not those of OpenAI or ShareGPT, `sides` the roles by
    what a file calls them. `user` and `assistant` name the two keys of a turn that holds a
    question and its answer, `thoughts` that of the reasoning before it.
    `parity`: the sides are not named, and the user begins. `split`: `<think>…</think>` at the head of an answer is
    reasoning.
    """

    role: str = ""
    content: str = ""
    user: str = ""
    assistant: str = ""
    thoughts: str = ""
    sides: Mapping[str, str] = field(default_factory=dict)
    parity: bool = False
    split: bool = True
    notices: Notices = field(default_factory=Notices)

    def messages(self, value: Any, column: str) -> list[Message]:
        """The messages in a value: turns, pairs of texts, or turns by the number in their keys. Raises FormatError."""
        if isinstance(value, str):
            value = _from_text(value, column)
        if isinstance(value, Mapping) and value and all(isinstance(turn, Mapping) for turn in value.values()):
            value = [value[key] for key in sorted(value, key=_number)]
        if not isinstance(value, list) or not value:
            raise FormatError(f"`{column}` is not a list of turns")
        found: list[Message] = []
        for number, turn in enumerate(value):
            found += self._turns(turn, column, number)
        return found

    def _turns(self, turn: Any, column: str, number: int) -> list[Message]:
        if isinstance(turn, list) and len(turn) == 2 and all(isinstance(text, str) for text in turn):
            return [{"role": "user", "content": turn[0]}, self.answer(turn[1])]
        if self.parity:
            text = turn.get(self.content or "content") if isinstance(turn, dict) else turn
            if not isinstance(text, str):
                raise FormatError(f"a turn of `{column}` has no text" + (f" in `{self.content}`" * bool(self.content)))
            return [self.answer(text) if number % 2 else {"role": "user", "content": text}]
        if not isinstance(turn, dict):
            raise FormatError(f"a turn of `{column}` is not an object; see `turns: parity` for turns without sides")
        return self._pair(turn, column) if self.user else [self.message(turn, column)]

    def _pair(self, turn: dict[str, Any], column: str) -> list[Message]:
        """A question and its answer in one object."""
        turn = {key: _unmarked(value) for key, value in turn.items()}
        texts = [turn.get(key) for key in (self.user, self.assistant)]
        if not all(isinstance(text, str) for text in texts):
            raise FormatError(f"a turn of `{column}` has no text in `{self.user}` or `{self.assistant}`")
        answer = self.answer(str(texts[1]))
        thought = turn.get(self.thoughts) if self.thoughts else None
        if isinstance(thought, str):
            answer["reasoning"] = thought
        for key in turn.keys() - {self.user, self.assistant, self.thoughts}:
            if is_there(turn[key]):
                self.notices.passed_over(f"`{key}` of a turn")
        return [{"role": "user", "content": str(texts[0])}, answer]

    def answer(self, text: str) -> Message:
        """A text of the assistant."""
        return self._thought({"role": "assistant", "content": text})

    def message(self, turn: dict[str, Any], column: str) -> Message:
        """One turn, with what it calls and thinks, and whether it is trained on. Raises FormatError."""
        shared = not self.role and "from" in turn and "role" not in turn
        role_key = self.role or ("from" if shared else "role")
        content_key = self.content or ("value" if shared else "content")
        side = turn.get(role_key)
        if not isinstance(side, str):
            raise FormatError(f"a turn of `{column}` has no text in `{role_key}`")
        if any(is_there(turn.get(key)) for key in _MEDIA if key != content_key):
            raise FormatError(NOT_TEXT)
        role = self.sides.get(side) or self._stated(side) or role_of(side, column)
        found: Message = {"role": role}
        value = turn.get(content_key)
        calls = self._calls(turn)
        if side.lower() in _CALLING and isinstance(value, dict | list) and not calls:
            value = compact(value)
        content, thoughts = (tool_text(value), None) if role == "tool" else _text(value, self.notices)
        if side.lower() in _CALLING and content and not calls:
            content, thoughts, calls = self._called(content, thoughts)
        found["content"] = content
        thought = self._thoughts(turn, thoughts)
        if thought is not None:
            found["reasoning"] = thought
        if calls:
            found["tool_calls"] = calls
        for key in ("tool_call_id", "name"):
            if turn.get(key) is not None and key not in (role_key, content_key):
                found[key] = str(turn[key])
        trained = self._trained(turn)
        if trained is not None:
            found["train"] = trained
        if content is None and not calls and thought is None:
            raise FormatError(f"a turn of `{column}` has no text in `{content_key}`")
        if content is None:
            del found["content"]
        return self._thought(found)

    def _stated(self, side: str) -> str | None:
        """The side that is stated in other letters: `Driver` for `driver`. Where `SYSTEM` is the assistant, `system` is
        what it always is."""
        if side in ROLES:
            return None
        return next((role for name, role in self.sides.items() if name.lower() == side.lower()), None)

    def _called(self, content: str, thoughts: str | None) -> tuple[str | None, str | None, list[dict[str, str]]]:
        """What a turn that is nothing but calls says, thinks and calls; some say more."""
        head = _THINK.match(content) if self.split else None
        calls = calls_in(content[head.end() :] if head else content)
        if calls is None:
            self.notices.kept_as_text("a call of a tool that is not valid JSON")
            return content, thoughts, []
        return None, head[1] if head else thoughts, calls

    def _calls(self, turn: dict[str, Any]) -> list[dict[str, str]]:
        """The calls of a turn. Old clients write one of them in `function_call` as well."""
        found = calls_of(turn["tool_calls"]) if is_there(turn.get("tool_calls")) else []
        legacy = turn.get("function_call")
        if is_there(legacy) and not isinstance(legacy, dict):
            self.notices.passed_over("`function_call` of a turn that is not an object")
        known = [(call["name"], call["arguments"]) for call in found]
        once = calls_of([legacy], "function_call") if isinstance(legacy, dict) and legacy else []
        return found + [call for call in once if (call["name"], call["arguments"]) not in known]

    def _thoughts(self, turn: dict[str, Any], within: str | None) -> str | None:
        """The thoughts of a turn, which may be told under several names, and `within` its content."""
        told = [turn[key] for key in (self.thoughts, *_REASONING) if isinstance(turn.get(key), str)]
        told += [] if within is None else [within]
        first = next(filter(None, told), told[0] if told else None)
        if any(thought and thought != first for thought in told):
            self.notices.passed_over("other thoughts beside those of a turn")
        return first

    def _trained(self, turn: dict[str, Any]) -> bool | None:
        """Whether a trainer may learn a turn: `train`, `loss`, or OpenAI's `weight` of 0 or 1."""
        said, found = None, None
        for key in ("train", "loss", "weight"):
            value = turn.get(key)
            if found is None and value is not None and value in (0, 1):
                said, found = key, bool(value)
        self.notices.turn(turn, () if said is None else (said,))
        return found

    def _thought(self, message: Message) -> Message:
        """The message with the thought at the head of its content as reasoning, where that is asked for. What else an
        assistant has written into its text stays there, as the model shall write it, and is counted."""
        text = message.get("content")
        if message["role"] != "assistant" or text is None:
            return message
        found = _THINK.match(text) if self.split and "reasoning" not in message else None
        if found is not None:
            text = text[found.end() :]
            message = {**message, "content": text, "reasoning": found[1]}
        if "<tool_call>" in text:
            self.notices.kept_as_text("calls of tools in `<tool_call>`", text.count("<tool_call>"))
        if self.split and "<think>" in text:
            self.notices.kept_as_text("thoughts in `<think>` after the beginning of an answer", text.count("<think>"))
        return message


def begins_with_thought(text: str | None) -> bool:
    """Whether formats read the head of an answer as reasoning, unless they are told to keep it."""
    return text is not None and _THINK.match(text) is not None


def _unmarked(value: Any) -> Any:
    """What stands between the marks that MOSS has around the parts of a turn; its `None` is nothing."""
    found = _MARKED.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    return None if found[1].strip() == "None" else found[1]


def role_of(name: str, column: str) -> str:
    """`system`, `developer`, `user`, `assistant` or `tool`, for any name that data sets have for them."""
    called = name.strip().lower()
    role = "assistant" if _MODEL.fullmatch(called) else ROLES.get(called)
    if role is None:
        raise FormatError(f"a turn of `{column}` has the unknown role `{name}`")
    return role


def with_system(messages: list[Message], record: Mapping[str, Any], notices: Notices) -> list[Message]:
    """The messages after the system prompt that stands in a column of its own. Raises FormatError."""
    system = system_text(record.get("system"))
    if not system:
        return messages
    first = messages[0] if messages else {}
    if first.get("role") not in ("system", "developer"):
        return [{"role": "system", "content": system}, *messages]
    if first.get("content") != system:
        notices.passed_over("`system` beside a system turn")
    return messages


def system_text(value: Any) -> str:
    """A system prompt that is a text, blocks of text, or a message; an empty text where there is none. Raises
    FormatError where it says something else: it is never left out."""
    if not is_there(value):
        return ""
    if isinstance(value, Mapping) and "content" in value:
        value = value["content"]
    if not isinstance(value, str | list | Mapping):
        raise FormatError(f"`system` is not text but {type(value).__name__}")
    return block_text(value)


def block_text(value: Any) -> str:
    """The text in a text, or in blocks of text. Raises FormatError."""
    if isinstance(value, str):
        return value
    blocks = value if isinstance(value, list) else [value]
    texts = [
        block if isinstance(block, str) else block.get("text") if isinstance(block, Mapping) else None
        for block in blocks
    ]
    if not all(isinstance(text, str) for text in texts):
        raise FormatError(NOT_TEXT)
    return "\n".join(text for text in texts if text is not None)


def tool_text(value: Any) -> str | None:
    """What a tool answered as text: parts of text are joined, any other value is JSON. None where nothing is said.
    Raises FormatError."""
    if value is None or isinstance(value, str):
        return value
    kinds = [part.get("type") for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []
    if any(isinstance(kind, str) and _MEDIA_PART.search(kind) for kind in kinds):
        raise FormatError(NOT_TEXT)
    if not isinstance(value, list) or len(kinds) < len(value) or not all(map(_is_text_part, value)):
        return compact(value)
    return "".join(part["text"] for part in value)


def _is_text_part(part: Mapping[str, Any]) -> bool:
    """Whether an object is a part of a content, and not something that a tool found."""
    known = part.get("type") in _TEXTS if "type" in part else len(part) == 1
    return known and isinstance(part.get("text"), str)


def refuse_media(record: Mapping[str, Any]) -> None:
    """Raise FormatError where a record holds more than text."""
    if any(is_there(record.get(key)) for key in _MEDIA):
        raise FormatError(NOT_TEXT)


def _from_text(value: str, column: str) -> Any:
    try:
        return parsed(value, f"`{column}`")
    except ValueError as error:
        raise FormatError(f"`{column}` is a text that is not a list of turns in JSON") from error


def _number(key: str) -> tuple[int, str]:
    digits = re.search(r"\d+", key)
    return (int(digits[0]) if digits else 0, key)


def _text(value: Any, notices: Notices) -> tuple[str | None, str | None]:
    """A content as a text, and the thoughts among its parts; parts of text are joined. Raises FormatError."""
    if not isinstance(value, list):
        return (value if isinstance(value, str) else None), None
    found: Message = {"content": ""}
    adjoining = True
    for part in value:
        kind = part.get("type") if isinstance(part, dict) else None
        thought = part.get("thinking", part.get("text")) if isinstance(part, dict) else None
        if kind in ("thinking", "reasoning") and isinstance(thought, str):
            put(found, "reasoning", thought, notices)
            adjoining = False
        elif isinstance(part, str) or (kind in _TEXTS and isinstance(part, dict) and "text" in part):
            said = part if isinstance(part, str) else part["text"]
            if not isinstance(said, str):
                return None, None
            put(found, "content", said, notices, "" if adjoining else "\n\n")
            adjoining = True
        else:
            raise FormatError(NOT_TEXT)
    return found["content"], found.get("reasoning")
