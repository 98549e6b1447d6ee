"""Rows as conversations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_uppercase

from tunec.compiler.types import RowType
from tunec.runtime.exchange.data import Row


class Unfit(Exception):
    """A row that the layout cannot hold; the message is the reason under which it is counted."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said. `role` is `system`, `user`, `assistant` or `tool`."""

    role: str
    content: str


def conversation(row: Row, row_type: RowType) -> tuple[Turn, ...]:
    """A row of instruction, chat or choice type as the turns that a model is trained on. Raises Unfit.

    An instruction and its input stand with a blank line between, as everywhere in `tunec`. A multiple-choice item asks
    with its choices on lines of their own, and is answered with the right one and its letter.
    """
    if row_type is RowType.CHAT:
        turns = tuple(Turn(turn["role"], turn["content"] or "") for turn in row["messages"] or ())
        if not any(turn.role == "assistant" for turn in turns):
            raise Unfit("no turn of the assistant")
        return turns
    if row_type is RowType.CHOICE:
        return choice(row)
    system = (Turn("system", row["system"]),) if row.get("system") else ()
    prompt = "\n\n".join(part for part in (row["instruction"], row.get("input")) if part)
    return (*system, Turn("user", needed(prompt, "prompt")), Turn("assistant", needed(row["response"], "response")))


def choice(row: Row) -> tuple[Turn, Turn]:
    """A multiple-choice item as question and answer; one without choices is answered as it says. Raises Unfit."""
    choices = [str(option) for option in row["choices"] or ()]
    question = needed(row["question"], "question")
    answer = needed(row["answer"], "answer").strip()
    if not choices:
        return Turn("user", question), Turn("assistant", answer)
    if len(choices) > len(ascii_uppercase):
        raise Unfit("more choices than letters")
    lines = [f"{letter}. {option}" for letter, option in zip(ascii_uppercase, choices, strict=False)]
    return Turn("user", "\n".join([question, *lines])), Turn("assistant", lines[_right(answer, choices)])


def needed(text: str | None, what: str) -> str:
    """A text that must be there. Raises Unfit."""
    if text is None or not text.strip():
        raise Unfit(f"no {what}")
    return text


def chat_messages(turns: tuple[Turn, ...], role: str = "role", content: str = "content") -> list[dict[str, str]]:
    """Turns as the list of objects that most tools read."""
    return [{role: turn.role, content: turn.content} for turn in turns]


def pair(row: Row) -> tuple[Turn, Turn, Turn]:
    """A preference row as the user's turn, the chosen answer and the rejected one. Raises Unfit."""
    return (
        Turn("user", needed(row["prompt"], "prompt")),
        Turn("assistant", needed(row["chosen"], "chosen answer")),
        Turn("assistant", needed(row["rejected"], "rejected answer")),
    )


def _right(answer: str, choices: list[str]) -> int:
    stripped = [option.strip() for option in choices]
    if answer in stripped:
        return stripped.index(answer)
    letter = re.fullmatch(r"\(?([A-Za-z])\)?\.?", answer)
    if letter and ascii_uppercase.index(letter[1].upper()) < len(choices):
        return ascii_uppercase.index(letter[1].upper())
    if answer.isdecimal() and int(answer) < len(choices):
        return int(answer)
    raise Unfit("the answer is none of the choices")
