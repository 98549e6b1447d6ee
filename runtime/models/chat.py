"""Rows as conversations, and conversations as tokens with a mark on those that the model itself would write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tunec.runtime.base import method
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.models.fidelity import NotTrainable as NotTrainable
from tunec.runtime.models.fidelity import check_context, check_end, check_turn
from tunec.runtime.rows.messages import Message, empty_answer, sparse
from tunec.runtime.rows.nested import values_of
from tunec.runtime.rows.turn_order import ASSISTANT_FIRST, NO_ANSWER, departures

if TYPE_CHECKING:
    import polars as pl


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


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a rendered chat; `written`: the assistant's own, and to be learnt."""

    text: str
    written: bool


def conversations(rows: pl.DataFrame) -> Iterator[Chat]:
    """The rows of an instruction or chat frame, each as a chat (`docs/language.md`: an instruction widens to one)."""
    if "messages" in rows.columns:
        for messages, tools in zip(values_of(rows["messages"]), rows["tools"], strict=True):
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
    marked as written. Raises NotTrainable."""
    return encode_all(tokenizer, [pieces(tokenizer, chat)])[0]


def encode_all(tokenizer: Any, chats: Sequence[Sequence[Piece]]) -> list[Encoded]:
    """The tokens of several chats, in one call of the tokenizer.

    Each piece is tokenised on its own, so that a turn begins exactly where generation would begin: a line break at the
    head of an answer must not melt into the one that ends the header before it.
    """
    texts = [piece.text for chat in chats for piece in chat]
    found = iter(tokenizer(texts, add_special_tokens=False)["input_ids"]) if texts else iter(())
    encoded = []
    for chat in chats:
        ids: list[int] = []
        written: list[bool] = []
        for piece in chat:
            mine: list[int] = next(found)
            ids += mine
            written += [piece.written] * len(mine)
        encoded.append(Encoded(tuple(ids), tuple(written)))
    return encoded


def pieces(tokenizer: Any, chat: Chat, stops: frozenset[str] | None = None) -> list[Piece]:
    """A chat as its template writes it, cut where an assistant turn that is to be trained on begins, and after the
    token that ends it. Raises NotTrainable.

    `stops` are the tokens that generation stops at; without them every control token may end a turn.
    """
    control = control_tokens(tokenizer)
    check(tokenizer, chat)
    text = _rendered(tokenizer, chat, len(chat.messages))
    check_context(chat.messages, chat.tools, text)
    found: list[Piece] = []
    done = 0
    for number, message in enumerate(chat.messages):
        if message["role"] != "assistant" or message.get("train") is False:
            continue
        before = _rendered(tokenizer, chat, number, answer=True)
        last = number == len(chat.messages) - 1
        after = text if last else _rendered(tokenizer, chat, number + 1)
        if not (text.startswith(after) and done <= len(before)):
            raise NotTrainable("prefix", "the chat template rewrites earlier turns", f"turn {number + 1}")
        if not after.startswith(before):
            what = "the chat template prompts for an answer otherwise than answers begin"
            raise NotTrainable("prefix", what, before[-40:])
        # Templates put a line break after the end token; nobody has to learn that.
        turn = after[len(before) :].rstrip()
        body = turn[: len(turn) - len(check_end(turn, control, stops))]
        check_turn(message, body, lambda at=number: _opening(tokenizer, chat, at))  # type: ignore[misc]
        found += [Piece(text[done : len(before)], False), Piece(turn, True)]
        done = len(before) + len(turn)
    return [piece for piece in (*found, Piece(text[done:], False)) if piece.text]


def _opening(tokenizer: Any, chat: Chat, number: int) -> str:
    """What the template adds to the turns before one to ask for it."""
    before = _rendered(tokenizer, chat, number, answer=True)
    plain = _rendered(tokenizer, chat, number)
    return before[len(plain) :] if before.startswith(plain) else before


def check(tokenizer: Any, chat: Chat) -> None:
    """Raise NotTrainable for a chat that no template could make an example of."""
    control = control_token(tokenizer, chat)
    if control is not None:
        raise NotTrainable("control_token", "control token in the text", control)
    order = departures(chat.messages)
    for kind in (NO_ANSWER, ASSISTANT_FIRST):
        if kind in order:
            raise NotTrainable("refused", kind, ", ".join(message["role"] for message in chat.messages[:3]))
    if empty_answer(chat.messages):
        raise NotTrainable("nothing_trained", "an empty answer", "0", ">= 1")
    if any(message.get("train") and message["role"] != "assistant" for message in chat.messages):
        raise NotTrainable("wrong_turn", "a turn of another side that is to be trained on", "train: true")


def before_turn(tokenizer: Any, chat: Chat, number: int) -> str:
    """The turns before one, as the template writes them with the chat's tools, ready for the assistant to speak. Raises
    NotTrainable."""
    return _rendered(tokenizer, chat, number, answer=True)


def _rendered(tokenizer: Any, chat: Chat, count: int, *, answer: bool = False) -> str:
    from jinja2 import TemplateError

    try:
        return _render(tokenizer, chat.messages[:count], chat.tools, answer)
    except (TemplateError, ValueError, TypeError, KeyError) as error:
        # Templates refuse an order of turns in ways of their own, some of them by tripping over it.
        what = f"the chat template refuses the chat: {str(error)[:120]}"
        raise NotTrainable("refused", what, type(error).__name__) from error


def control_token(tokenizer: Any, chat: Chat) -> str | None:
    """A control token of the model that stands as plain text in a message and would be read as one."""
    wanted = _control_pattern(tokenizer)
    texts = [message[key] for message in chat.messages for key in ("content", "reasoning") if message.get(key)]
    texts += [call.get("arguments", "") for message in chat.messages for call in message.get("tool_calls", ())]
    if chat.tools:
        texts.append(json.dumps(chat.tools, ensure_ascii=False))
    found = (wanted.search(text) for text in texts)
    return next((match.group() for match in found if match is not None), None)


@lru_cache(maxsize=8)
def control_tokens(tokenizer: Any) -> tuple[str, ...]:
    """The tokens of a tokenizer that no text is made of, the longest first."""
    added = [token.content for token in tokenizer.added_tokens_decoder.values() if token.special]
    return tuple(sorted({*added, *tokenizer.all_special_tokens}, key=lambda token: (-len(token), token)))


@lru_cache(maxsize=8)
def _control_pattern(tokenizer: Any) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, control_tokens(tokenizer))) or r"(?!)")
