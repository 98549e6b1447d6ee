"""Rows as conversations, and conversations as tokens with a mark on those that the model itself would write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.runtime import method
from tunec.runtime.operator import OperatorError
from tunec.runtime.rows.messages import Message, empty_answer, sparse
from tunec.runtime.rows.turn_order import ASSISTANT_FIRST, NO_ANSWER, departures

if TYPE_CHECKING:
    import polars as pl


class NotTrainable(Exception):
    """A chat that cannot be trained on as it is: why (`rule`), what was found, and what is wanted."""

    def __init__(self, rule: str, value: str, threshold: str = "") -> None:
        super().__init__(rule)
        self.rule, self.value, self.threshold = rule, value, threshold


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation, and the schemas of the tools that it offers."""

    messages: tuple[Message, ...]
    tools: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Encoded:
    """A conversation as token ids; `written[i]` says that token i is the assistant's own, its end token included."""

    ids: tuple[int, ...]
    written: tuple[bool, ...]

    @property
    def count(self) -> int:
        """How many tokens the assistant wrote."""
        return sum(self.written)


def conversations(rows: pl.DataFrame) -> Iterator[Chat]:
    """The rows of an instruction or chat frame, each as a chat (`docs/language.md`: an instruction widens to one)."""
    if "messages" in rows.columns:
        for messages, tools in zip(rows["messages"].to_list(), rows["tools"], strict=True):
            yield Chat(tuple(sparse(messages)), tuple(json.loads(tools)) if tools is not None else ())
    elif {"instruction", "response"} <= set(rows.columns):
        for row in rows.iter_rows(named=True):
            prompt = row["instruction"] + ("\n\n" + row["input"] if row.get("input") else "")
            system = [{"role": "system", "content": row["system"]}] if row.get("system") else []
            asked = [*system, {"role": "user", "content": prompt}]
            yield Chat((*asked, {"role": "assistant", "content": row["response"] or ""}))
    else:
        raise OperatorError("needs instruction or chat rows")


def render(tokenizer: Any, messages: tuple[method.Message, ...], *, answer: bool = False) -> str:
    """The chat as the model's template writes it; with `answer`, ready for the assistant to speak."""
    return _render(tokenizer, [{"role": m.role, "content": m.content} for m in messages], (), answer)


def _render(tokenizer: Any, messages: Sequence[Message], tools: Sequence[Any], answer: bool = False) -> str:
    if tokenizer.chat_template is None:
        raise OperatorError("the model has no chat template, and can only continue raw text")
    turns = [_for_template(message) for message in messages]
    text: str = tokenizer.apply_chat_template(
        turns, tools=list(tools) or None, tokenize=False, add_generation_prompt=answer
    )
    return text


def _for_template(message: Message) -> dict[str, Any]:
    """A message as templates read it: arguments as objects, reasoning under the names that are in use, and an empty
    text where a turn only calls tools, because some templates would write `None`."""
    found: dict[str, Any] = {"role": message["role"], "content": message.get("content", "")}
    if "reasoning" in message:
        found |= dict.fromkeys(("reasoning_content", "thinking"), message["reasoning"])
    if "tool_calls" in message:
        found["tool_calls"] = [
            {
                **({"id": call["id"]} if "id" in call else {}),
                "type": "function",
                "function": {"name": call["name"], "arguments": json.loads(call.get("arguments", "{}"))},
            }
            for call in message["tool_calls"]
        ]
    return found | {key: message[key] for key in ("tool_call_id", "name") if key in message}


def tokens(tokenizer: Any, text: str) -> list[int]:
    """The ids of a text in which control tokens are already written out."""
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def encode(tokenizer: Any, chat: Chat) -> Encoded:
    """The tokens of a chat; those of every assistant turn that is to be trained on, with the token that ends it, are
    marked as written. Raises NotTrainable.

    Each piece between two marks is tokenised on its own, so that a turn begins exactly where generation would begin:
    a line break at the head of an answer must not melt into the one that ends the header before it.
    """
    check(tokenizer, chat)
    text = _rendered(tokenizer, chat, len(chat.messages))
    _check_whole(chat, text)
    ids: list[int] = []
    written: list[bool] = []
    done = 0
    for number, message in enumerate(chat.messages):
        if message["role"] != "assistant":
            continue
        before = _rendered(tokenizer, chat, number, answer=True)
        after = _rendered(tokenizer, chat, number + 1)
        if not (text.startswith(after) and after.startswith(before) and done <= len(before)):
            raise NotTrainable("the chat template rewrites earlier turns", f"turn {number + 1}")
        # Templates put a line break after the end token; nobody has to learn that.
        turn = after[len(before) :].rstrip()
        if not turn.endswith(tuple(tokenizer.all_special_tokens)):
            raise OperatorError("the chat template ends no turn of the assistant: a model trained on it never stops")
        for piece, mark in ((text[done : len(before)], False), (turn, message.get("train") is not False)):
            found = tokens(tokenizer, piece)
            ids += found
            written += [mark] * len(found)
        done = len(before) + len(turn)
    rest = tokens(tokenizer, text[done:])
    return Encoded((*ids, *rest), (*written, *[False] * len(rest)))


def check(tokenizer: Any, chat: Chat) -> None:
    """Raise NotTrainable for a chat that no template could make an example of."""
    control = control_token(tokenizer, chat)
    if control is not None:
        raise NotTrainable("control token in the text", control)
    order = departures(chat.messages)
    for kind in (NO_ANSWER, ASSISTANT_FIRST):
        if kind in order:
            raise NotTrainable(kind, ", ".join(message["role"] for message in chat.messages[:3]))
    if empty_answer(chat.messages):
        raise NotTrainable("an empty answer", "0", ">= 1")
    if any(message.get("train") and message["role"] != "assistant" for message in chat.messages):
        raise NotTrainable("a turn of another side that is to be trained on", "train: true")


def _rendered(tokenizer: Any, chat: Chat, count: int, *, answer: bool = False) -> str:
    from jinja2 import TemplateError

    try:
        return _render(tokenizer, chat.messages[:count], chat.tools, answer)
    except (TemplateError, ValueError, TypeError, KeyError) as error:
        # Templates refuse an order of turns in ways of their own, some of them by tripping over it.
        raise NotTrainable(f"the chat template refuses the chat: {str(error)[:120]}", type(error).__name__) from error


def _check_whole(chat: Chat, text: str) -> None:
    """Raise NotTrainable where the template passes over something that the row has."""
    for message in chat.messages:
        if message.get("reasoning", "").strip() and message["reasoning"].strip() not in text:
            raise NotTrainable("the chat template leaves out reasoning", message["reasoning"][:80])
        for call in message.get("tool_calls", ()):
            if call["name"] not in text:
                raise NotTrainable("the chat template has no form for calls of tools", call["name"])
    for tool in chat.tools:
        name = tool.get("function", tool).get("name") if isinstance(tool, dict) else None
        if isinstance(name, str) and name not in text:
            raise NotTrainable("the chat template has no form for tools", name)


def control_token(tokenizer: Any, chat: Chat) -> str | None:
    """A control token of the model that stands as plain text in a message and would be read as one."""
    texts = [text for message in chat.messages for text in (message.get("content"), message.get("reasoning")) if text]
    texts += [call.get("arguments", "") for message in chat.messages for call in message.get("tool_calls", ())]
    return next((token for token in tokenizer.all_special_tokens for text in texts if token in text), None)
