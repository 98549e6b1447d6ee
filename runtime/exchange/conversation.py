"""Rows as conversations, and conversations in the forms that other tools read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from string import ascii_uppercase
from typing import Any

from tunec.compiler.types import MESSAGES, RowType
from tunec.runtime.base import json_text
from tunec.runtime.exchange.data import Row
from tunec.runtime.rows.messages import Message, empty_answer, is_blank
from tunec.runtime.sources.choices import right_choice
from tunec.runtime.sources.conversations import begins_with_thought


class Unfit(Exception):
    """A row that the layout cannot hold; the message is the reason under which it is counted."""


def conversation(row: Row, row_type: RowType) -> list[Message]:
    """A row of instruction, chat or choice type as the turns that a model is trained on. Raises Unfit.

    An instruction and its input stand with a blank line between, as everywhere in `tunec`. A multiple-choice item asks
    with its choices on lines of their own, and is answered with the right one and its letter.
    """
    if row_type is RowType.CHAT:
        messages: list[Message] = row["messages"]
        if not any(message["role"] == "assistant" for message in messages):
            raise Unfit("no turn of the assistant")
        if empty_answer(messages):
            raise Unfit("an empty answer")
        return messages
    if row_type is RowType.CHOICE:
        return choice(row)
    system = [turn("system", row["system"])] if row.get("system") else []
    prompt = "\n\n".join(part for part in (row["instruction"], row.get("input")) if part)
    return [*system, turn("user", needed(prompt, "prompt")), turn("assistant", needed(row["response"], "response"))]


def turn(role: str, content: str) -> Message:
    """A message that says a text and no more."""
    return {"role": role, "content": content}


def choice(row: Row) -> list[Message]:
    """A multiple-choice item as question and answer; one without choices is answered as it says. Raises Unfit."""
    choices = [str(option) for option in row["choices"] or ()]
    question = needed(row["question"], "question")
    answer = needed(row["answer"], "answer").strip()
    if not choices:
        return [turn("user", question), turn("assistant", answer)]
    if len(choices) > len(ascii_uppercase):
        raise Unfit("more choices than letters")
    right = right_choice(answer, choices)
    if right is None:
        raise Unfit("the answer is not one of the choices")
    lines = [f"{letter}. {option}" for letter, option in zip(ascii_uppercase, choices, strict=False)]
    return [turn("user", "\n".join([question, *lines])), turn("assistant", lines[right])]


def pair(row: Row) -> tuple[list[Message], list[Message], list[Message]]:
    """A preference row as its context, the chosen answer and the rejected one. Raises Unfit."""
    chosen, rejected = row["chosen"], row["rejected"]
    for name, answer in (("chosen", chosen), ("rejected", rejected)):
        if not says(answer) or empty_answer(answer):
            raise Unfit(f"no {name} answer")
    return _context(row["messages"]), chosen, rejected


def rated(row: Row) -> tuple[list[Message], list[Message], bool]:
    """A rated row as its context, the answer, and whether it was liked. Raises Unfit."""
    if not says(row["completion"]) or empty_answer(row["completion"]):
        raise Unfit("no completion")
    return _context(row["messages"]), row["completion"], bool(row["label"])


def _context(messages: list[Message]) -> list[Message]:
    if all(message["role"] != "user" for message in messages):
        raise Unfit("no prompt")
    return messages


def says(messages: Iterable[Message]) -> bool:
    """Whether there is an answer."""
    return any(message["role"] == "assistant" for message in messages)


def needed(text: str | None, what: str) -> str:
    """A text that must be there. Raises Unfit."""
    if text is None or is_blank(text):
        raise Unfit(f"no {what}")
    return text


def schemas(row: Row) -> list[Any] | None:
    """The schemas of the tools that a row offers, as objects. Raises Unfit where its readers would change one."""
    found: list[Any] | None = None if row.get("tools") is None else json_text.loads(row["tools"])
    if json_text.has_digits(found):
        raise Unfit("a number in the schemas of tools that a 64-bit float does not hold")
    return found


def with_tools(record: dict[str, Any], row: Row) -> dict[str, Any]:
    """A record with the schemas of its tools as JSON text, which no table pads with the keys of other rows."""
    return record if row.get("tools") is None else {**record, "tools": row["tools"]}


def chat_messages(messages: Sequence[Message], *, masks: bool = False) -> list[dict[str, Any]]:
    """Messages in OpenAI's form, with `reasoning_content`. Raises Unfit.

    `masks`: the reader heeds `train` of a turn. Others may see it where it says no more than what they do anyway.
    """
    return [_openai(message, masks) for message in messages]


def _openai(message: Message, masks: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message["role"]}
    # A key that is not there and one that is null are the same to readers of tables.
    if "content" in message or "tool_calls" in message:
        found["content"] = message.get("content")
    if "reasoning" in message:
        found["reasoning_content"] = message["reasoning"]
    if "tool_calls" in message:
        found["tool_calls"] = [openai_call(call) for call in message["tool_calls"]]
    found |= {key: message[key] for key in ("tool_call_id", "name") if key in message}
    if "train" in message:
        if not masks and message["train"] is not (message["role"] == "assistant"):
            raise Unfit(masked(message))
        found["train"] = message["train"]
    return found


def thoughts_in_text(row: Row, row_type: RowType) -> Iterator[str]:
    """What to tell of a row with an answer whose text begins as reasoning does: it is written as it stands, and whoever
    reads it has to say which of the two it is."""
    answers = [m for name in MESSAGES.get(row_type, ()) for m in row[name] if m["role"] == "assistant"]
    texts = [message.get("content") for message in answers if "reasoning" not in message]
    texts += [row["response"]] if row_type is RowType.INSTRUCTION else []
    if any(map(begins_with_thought, texts)):
        yield "an answer that begins with `<think>…</think>` is read back as text with `reasoning: keep` alone"


def silence_beside_calls(row: Row, row_type: RowType) -> Iterator[str]:
    """What to tell of a row with a turn that calls tools and says an empty text, where calls stand alone."""
    messages = (message for name in MESSAGES.get(row_type, ()) for message in row[name])
    if any(message.get("tool_calls") and message.get("content") == "" for message in messages):
        yield "an empty text beside calls of tools is written as none"


def masked(message: Message) -> str:
    """The reason for a row with a turn that says otherwise than its reader whether it is trained on."""
    return f"a turn of the {message['role']} that is {'' if message['train'] else 'not '}to be trained on"


def openai_call(call: dict[str, Any]) -> dict[str, Any]:
    """A call of a tool in OpenAI's form."""
    id_ = {"id": call["id"]} if "id" in call else {}
    return {**id_, "type": "function", "function": {"name": call["name"], "arguments": call.get("arguments", "{}")}}


def spoken(message: Message) -> tuple[bool, str]:
    """A message as one text, as ShareGPT's readers take it, and whether the text is calls of tools: those as JSON, and
    reasoning between `<think>` and `</think>` before what it led to. Raises Unfit."""
    calls = message.get("tool_calls")
    content = message.get("content")
    if calls and content:
        raise Unfit("a turn that both speaks and calls tools")
    if calls:
        listed = [{**call, "arguments": json_text.loads(call.get("arguments", "{}"))} for call in calls]
        text = json_text.dumps(listed[0] if len(listed) == 1 else listed, apart=True)
    elif content is None:
        raise Unfit("a turn without a text")
    else:
        text = content
    if message["role"] == "assistant" and "reasoning" not in message and text.lstrip().startswith("<think>"):
        raise Unfit("a text that would be read as reasoning")
    if "reasoning" in message:
        if "</think>" in message["reasoning"] or message["role"] != "assistant":
            raise Unfit("reasoning that cannot be told from the text")
        text = f"<think>\n{message['reasoning']}\n</think>\n\n{text}"
    return bool(calls), text
