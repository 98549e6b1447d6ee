"""`extract(teacher, per_document: 5)` in a `generate` block: documents to questions and answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from tunec.runtime.base.operator import at_least_one, operator
from tunec.runtime.text import templates

if TYPE_CHECKING:
    from tunec.runtime.base.method import Draft, Method, Rejection, Sampling, Unit, Work
    from tunec.runtime.base.values import ModelSpec

#: What is asked for, as JSON schema.
SCHEMA = (
    '{"type":"object","required":["pairs"],"additionalProperties":false,"properties":{"pairs":{"type":"array","items":'
    '{"type":"object","required":["question","answer","quote"],"additionalProperties":false,"properties":'
    '{"question":{"type":"string"},"answer":{"type":"string"},"quote":{"type":"string"}}}}}}'
)
_ABOUT = re.compile(
    r"\b(?:the|this) (?:passage|text|document|article|excerpt)\b|本文|文中|这段文字|该段落", re.IGNORECASE
)


@operator(
    version=2,
    cost="model",
    packages=("jsonschema",),
    rows=("text",),
    makes="instruction",
    adds={"quote": "text"},
    reads=templates.files("extract"),
    asks=lambda given: int(given["per_document"]),
)
def extract(
    model: ModelSpec,
    *,
    per_document: Annotated[int, "1.."] = 5,
    size: Annotated[int, "1.."] = 4000,
    context: bool = False,
    temperature: Annotated[float, "0..2"] | None = None,
    top_p: Annotated[float, "0<..1"] | None = None,
    max_tokens: Annotated[int, "1.."] | None = None,
) -> Method:
    """Reads documents and writes questions with answers that rest on a sentence of them.

    A document is cut into passages at its headings and by `size`; its questions are spread over them. A pair is
    dropped where the sentence that it quotes is not in the passage, or where the question speaks of the text itself.
    The sentence is kept as `meta.quote`.

    Args:
        model: the model that reads.
        per_document: how many questions for each document.
        size: the longest passage, in characters.
        context: put the passage into `input`, for answers that are to rest on a text.
        temperature: sampling temperature; by default the model's own.
        top_p: sample from the likeliest tokens that together have this probability; by default the model's own.
        max_tokens: the longest answer; by default the model's own.

    Example:
        generate questions from manuals {
            extract(teacher, per_document: 5)
        }
    """
    from tunec.runtime.base.method import EachRow
    from tunec.runtime.models.sampling import sampling_of

    at_least_one("extract", per_document=per_document, size=size)
    sampling = sampling_of(model, temperature, top_p, max_tokens)
    return EachRow((model,), per_document, partial(_work, model, sampling, per_document, size, context))


def _work(model: ModelSpec, sampling: Sampling, per_document: int, size: int, context: bool, unit: Unit) -> Work:
    from tunec.runtime.base.method import Ask, Draft, Message, Rejection, Request
    from tunec.runtime.text.passages import passages

    row = unit.row
    parents, cut = (str(row["id"]),), passages(row["text"] or "", size)
    if not cut:
        return [Rejection("a text", "none", "", parents)]
    if len(cut) > per_document:  # as many as there are questions, evenly over the document
        cut = [cut[number * len(cut) // per_document] for number in range(per_document)]
    counts = [per_document // len(cut) + (number < per_document % len(cut)) for number in range(len(cut))]
    requests = []
    for passage, count in zip(cut, counts, strict=True):
        prompt = templates.filled("extract", templates.language_of(passage), {"passage": passage, "count": count})
        requests.append(Request((Message("user", prompt),), SCHEMA))
    answers = yield Ask(model, sampling, tuple(requests))
    parts: list[Draft | Rejection] = []
    for passage, count, answer in zip(cut, counts, answers, strict=True):
        if answer.finish == "failed":
            parts.append(Rejection("answer", answer.reason, passage[:200], parents))
            continue
        read = _pairs(answer.text)
        if isinstance(read, str):
            value = "cut at max_tokens" if answer.finish == "length" else read
            parts.append(Rejection("pairs as JSON", value, answer.text[:500], parents))
            continue
        for number, pair in enumerate(read):
            failure = (
                ("questions asked for", f"{number + 1} of {count}") if number >= count else _failure(pair, passage)
            )
            if failure is not None:
                parts.append(Rejection(*failure, pair["question"], parents))
                continue
            given = passage if context else ""
            fields = {"instruction": pair["question"].strip(), "input": given, "response": pair["answer"].strip()}
            parts.append(Draft({**fields, "system": ""}, parents, {"quote": pair["quote"].strip()}))
    return parts


def _pairs(text: str) -> Sequence[dict[str, Any]] | str:
    """The pairs in an answer, or what is wrong with it."""
    from tunec.runtime.text.structured import BadJson, read_json

    try:
        found: list[dict[str, Any]] = read_json(text, SCHEMA)["pairs"]
    except BadJson as error:
        return str(error)
    return found


def _failure(pair: dict[str, Any], passage: str) -> tuple[str, str] | None:
    """The rule that a pair breaks, and what was found."""
    if not pair["question"].strip() or not pair["answer"].strip():
        return "question and answer", "empty"
    if templates.plain(pair["quote"]) not in templates.plain(passage) or not templates.plain(pair["quote"]):
        return "quote in the passage", pair["quote"][:200]
    about = _ABOUT.search(pair["question"])
    return ("question that stands alone", about[0]) if about else None
