"""`respond(teacher)` in a `generate` block."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from tunec.runtime.base.operator import at_least_one, operator

if TYPE_CHECKING:
    from tunec.runtime.base.method import Message, Method, Sampling, Unit, Work
    from tunec.runtime.base.values import ModelSpec


@operator(version=1, cost="model", rows=("instruction", "chat"), asks=lambda given: int(given["samples"]))
def respond(
    model: ModelSpec,
    *,
    samples: Annotated[int, "1.."] = 1,
    system: str = "",
    temperature: Annotated[float, "0..2"] | None = None,
    top_p: Annotated[float, "0<..1"] | None = None,
    max_tokens: Annotated[int, "1.."] | None = None,
) -> Method:
    """Lets a model answer each row: a new response to an instruction, or a new last turn of a chat.

    What a row has for a response is not shown to the model. Of a chat everything up to its last turn of a user is.

    Args:
        model: the model that answers.
        samples: how many answers to each row, each a row of its own; with more than one, `temperature` should be
            above 0.
        system: what the model is told first, where the row has no system text of its own; it is not part of the rows.
        temperature: sampling temperature; by default the model's own.
        top_p: sample from the likeliest tokens that together have this probability; by default the model's own.
        max_tokens: the longest answer; by default the model's own. An answer that is cut off by it is dropped.

    Example:
        generate answered from questions {
            respond(teacher, samples: 4)
        }
    """
    from tunec.runtime.base.method import EachRow
    from tunec.runtime.models.sampling import sampling_of

    at_least_one("respond", samples=samples)
    sampling = sampling_of(model, temperature, top_p, max_tokens)
    return EachRow((model,), samples, partial(_work, model, sampling, samples, system))


def _work(model: ModelSpec, sampling: Sampling, samples: int, system: str, unit: Unit) -> Work:
    from tunec.runtime.base.method import Ask, Draft, NoAnswer, Rejection, Request

    row = unit.row
    parents = (str(row["id"]),)
    asked, kept = _asked(row, system)
    if not asked:
        return [Rejection("a question", "none", "", parents)]
    answers = yield Ask(model, sampling, tuple(Request(asked, sample=number) for number in range(samples)))
    parts: list[Draft | Rejection] = []
    for answer in answers:
        try:
            text = answer.said.strip()
        except NoAnswer as error:
            parts.append(Rejection("answer", str(error), answer.text, parents))
            continue
        if answer.finish == "length":
            parts.append(Rejection("complete", "cut at max_tokens", text, parents))
        elif not text:
            parts.append(Rejection("answer", "an empty answer", "", parents))
        else:
            parts.append(Draft(_with_answer(row, kept, text, answer.reasoning), parents))
    return parts


def _asked(row: dict[str, Any], system: str) -> tuple[tuple[Message, ...], list[dict[str, Any]]]:
    """What the model is shown of a row, and the turns of a chat that it answers."""
    from tunec.runtime.base.method import Message

    first = row.get("system") or system
    head = (Message("system", first),) if first else ()
    if "messages" not in row:
        text = "\n\n".join(part for part in (row["instruction"], row.get("input")) if part and part.strip())
        return ((*head, Message("user", text)) if text.strip() else ()), []
    turns = row["messages"] or []
    end = max((number for number, turn in enumerate(turns) if turn["role"] == "user"), default=-1)
    kept = list(turns[: end + 1])
    if not kept:
        return (), []
    shown = tuple(Message(turn["role"], turn["content"] or "") for turn in kept)
    return (shown if shown[0].role == "system" else (*head, *shown)), kept


def _with_answer(row: dict[str, Any], kept: list[dict[str, Any]], text: str, reasoning: str) -> dict[str, Any]:
    """The row with the answer in place of its own."""
    if "messages" not in row:
        fields = {name: row.get(name) or "" for name in ("instruction", "input", "system")}
        return {**fields, "response": text}
    turn = dict.fromkeys(kept[0]) | {"role": "assistant", "content": text}
    if reasoning and "reasoning" in turn:
        turn["reasoning"] = reasoning
    return {"messages": [*kept, turn], "tools": row.get("tools")}
