"""Rows as conversations, and conversations as tokens with a mark on those that the model itself would write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.runtime.method import Message
from tunec.runtime.operator import OperatorError

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Encoded:
    """A conversation as token ids; `written[i]` says that token i is the assistant's own, its end token included."""

    ids: tuple[int, ...]
    written: tuple[bool, ...]

    @property
    def count(self) -> int:
        """How many tokens the assistant wrote."""
        return sum(self.written)


def conversations(rows: pl.DataFrame) -> Iterator[tuple[Message, ...]]:
    """The rows of an instruction or chat frame, each as a chat (`docs/language.md`: an instruction widens to one)."""
    if "messages" in rows.columns:
        for turns in rows["messages"]:
            yield tuple(Message(turn["role"], turn["content"]) for turn in turns)
    elif {"instruction", "response"} <= set(rows.columns):
        for row in rows.iter_rows(named=True):
            prompt = row["instruction"] + ("\n\n" + row["input"] if row.get("input") else "")
            system = (Message("system", row["system"]),) if row.get("system") else ()
            yield (*system, Message("user", prompt), Message("assistant", row["response"] or ""))
    else:
        raise OperatorError("needs instruction or chat rows")


def render(tokenizer: Any, messages: tuple[Message, ...], *, answer: bool = False) -> str:
    """The chat as the model's template writes it; with `answer`, ready for the assistant to speak."""
    if tokenizer.chat_template is None:
        raise OperatorError("the model has no chat template, and can only continue raw text")
    turns = [{"role": message.role, "content": message.content} for message in messages]
    text: str = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=answer)
    return text


def tokens(tokenizer: Any, text: str) -> list[int]:
    """The ids of a text in which control tokens are already written out."""
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def encode(tokenizer: Any, messages: tuple[Message, ...]) -> Encoded:
    """The tokens of a chat; those of every assistant turn, with the token that ends it, are marked as written.

    Each piece between two marks is tokenised on its own, so that a turn begins exactly where generation would begin:
    a line break at the head of an answer must not melt into the one that ends the header before it.
    """
    text = render(tokenizer, messages)
    ids: list[int] = []
    written: list[bool] = []
    done = 0
    for number, message in enumerate(messages):
        if message.role != "assistant":
            continue
        before = render(tokenizer, messages[:number], answer=True)
        after = render(tokenizer, messages[: number + 1])
        if not (text.startswith(after) and after.startswith(before) and done <= len(before)):
            raise OperatorError("the chat template rewrites earlier turns, so that their tokens cannot be told apart")
        # Templates put a line break after the end token; nobody has to learn that.
        turn = after[len(before) :].rstrip()
        if not turn.endswith(tuple(tokenizer.all_special_tokens)):
            raise OperatorError("the chat template ends no turn of the assistant: a model trained on it never stops")
        for piece, mark in ((text[done : len(before)], False), (turn, True)):
            found = tokens(tokenizer, piece)
            ids += found
            written += [mark] * len(found)
        done = len(before) + len(turn)
    rest = tokens(tokenizer, text[done:])
    return Encoded((*ids, *rest), (*written, *[False] * len(rest)))


def control_token(tokenizer: Any, messages: tuple[Message, ...]) -> str | None:
    """A control token of the model that stands as plain text in a message and would be read as one."""
    return next((t for t in tokenizer.all_special_tokens for message in messages if t in message.content), None)
