"""Chat templates that are known to break trainings: what to know them by, what breaks, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """A template that is known by texts in it, what it does to rows, and the remedy.

    `hurts` names what rows have that it certainly breaks, as in `ModelSeen`; none where it depends on more.
    """

    name: str
    holds: tuple[str, ...]
    breaks: str
    remedy: str
    hurts: tuple[str, ...] = ()


#: Whether a row is hurt is for the checks to say; this explains why it is.
KNOWN = (
    Known(
        "Qwen 3",
        ("last_query_index", "</think>"),
        "deletes the reasoning of earlier turns, and writes an empty thought into the last one only",
        "use `template: training`, or train the last turn alone (`train: false` on the others)",
        ("turns",),
    ),
    Known(
        "gpt-oss",
        ("<|channel|>", "<|return|>"),
        "deletes the analysis of earlier turns, and ends the last turn with another token than the others",
        "train the last turn alone (`train: false` on the others)",
        ("turns",),
    ),
    Known(
        "DeepSeek R1",
        ("split('</think>')[-1]", "<｜Assistant｜>"),
        "deletes reasoning from every answer, and begins every prompt with a thought",
        "use `template: training`",
        ("reasoning",),
    ),
    Known(
        "Gemma 1 and 2",
        ("<start_of_turn>", "System role not supported"),
        "refuses system prompts, and turns of one side in a row",
        "set the system prompt into the first question, and `normalize(turns: merge)`",
        ("system",),
    ),
    Known(
        "Gemma",
        ("<start_of_turn>",),
        "ends turns with `<end_of_turn>`, which is not the end token of the tokenizer",
        "generation has to stop at `<end_of_turn>` too: its settings list both",
    ),
    Known(
        "Llama 3.1 and 3.2",
        ("Cutting Knowledge Date", "single tool-calls"),
        "writes the date of the day into every row, and refuses two calls in one turn",
        "split turns with several calls",
    ),
    Known(
        "Mistral",
        ("[INST]", "[/INST]"),
        "writes the system prompt before the last question, so that earlier turns change as a chat grows",
        "set the system prompt into the first question",
        ("system", "turns"),
    ),
    Known(
        "Phi 3",
        ("<|assistant|>", "<|end|>", "eos_token"),
        "writes an end of text after the last turn only",
        "use `template: training`, or train the last turn alone",
        ("turns",),
    ),
    Known(
        "SmolLM 2",
        ("named SmolLM",),
        "writes a system prompt of its own where a row has none, and has no form for tools, calls and reasoning",
        "give every row its own system prompt; train rows with tools on a model that knows them",
        ("tools",),
    ),
)


def known_by(template: str) -> Known | None:
    """The first that is known by the text of a template."""
    return next((known for known in KNOWN if all(text in template for text in known.holds)), None)


def named(name: str) -> Known:
    """The one of this name."""
    return next(known for known in KNOWN if known.name == name)


def breaks(tokenizer: Any) -> Iterator[str]:
    """What is known of the template of a tokenizer, each in a sentence."""
    template = tokenizer.chat_template
    known = known_by(template) if isinstance(template, str) else None
    if known is not None:
        yield f"the template of {known.name} {known.breaks}: {known.remedy}"


def table() -> str:
    """The table of the documentation."""
    lines = ["| template of | what breaks | what to do |", "| --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {k.name} | {k.breaks} | {k.remedy} |" for k in KNOWN)])
