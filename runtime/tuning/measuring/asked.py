"""The rows of a measure as questions, and what a model answers, greedily and recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunec.runtime.base.method import Answer, Message, Prompt, Request, Sampling
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.models.comparing import named_once

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.base.context import Context


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked, and the row's own answer ("" where it has none)."""

    id: str
    chat: tuple[Message, ...]
    answer: str

    @property
    def text(self) -> str:
        """What the user said last."""
        return self.chat[-1].content


def questions(rows: pl.DataFrame, measure: str) -> list[Question]:
    """The questions of rows: of instructions, of chats up to the last answer, of tasks, and of items with an answer."""
    if rows.height == 0:
        raise OperatorError(f"{measure}: there are no rows to ask about")
    ids = named_once(rows["id"].to_list() if "id" in rows.columns else list(map(str, range(rows.height))))
    found = [_question(name, row) for name, row in zip(ids, rows.iter_rows(named=True), strict=True)]
    known = [question for question in found if question is not None]
    if not known:
        raise OperatorError(f"{measure} needs instructions, chats, tasks, or questions with an answer")
    return known


def _question(name: str, row: dict[str, Any]) -> Question | None:
    if "instruction" in row:
        text = "\n\n".join(part for part in (row["instruction"], row.get("input")) if part)
        head = [Message("system", row["system"])] if row.get("system") else []
        return Question(name, (*head, Message("user", text)), row.get("response") or "")
    if "question" in row:
        return Question(name, (Message("user", row["question"]),), row["answer"] or "")
    turns = row.get("messages") or row.get("prompt")
    if not isinstance(turns, list):
        return None
    last = max((n for n, turn in enumerate(turns) if turn["role"] == "assistant"), default=len(turns))
    before = [turn for turn in turns[:last] if turn["role"] in ("system", "user", "assistant")]
    if not before or before[-1]["role"] != "user":
        return None
    chat = tuple(Message(turn["role"], turn["content"] or "") for turn in before)
    said = turns[last]["content"] if last < len(turns) else row.get("answer")
    return Question(name, chat, said or "")


def answers(
    ctx: Context, model: ModelSpec, prompts: Sequence[Prompt], max_tokens: int, stop: tuple[str, ...] = ()
) -> list[Answer]:
    """The likeliest answer of a model to each prompt."""
    return ctx.ask(model, [Request(prompt) for prompt in prompts], Sampling(0.0, 1.0, max_tokens, stop))
