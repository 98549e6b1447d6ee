"""`paraphrase(teacher, variants: 3)` in a `generate` block."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import at_least_one, operator
from tunec.runtime.text import templates

if TYPE_CHECKING:
    from tunec.runtime.base.method import Method, Sampling, Unit, Work
    from tunec.runtime.base.values import ModelSpec

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@operator(
    version=1,
    cost="model",
    rows=("instruction",),
    makes="instruction",
    reads=templates.files("paraphrase"),
    asks=lambda given: int(given["variants"]),
)
def paraphrase(
    model: ModelSpec,
    *,
    variants: Annotated[int, "1.."] = 1,
    temperature: Annotated[float, "0..2"] | None = None,
    top_p: Annotated[float, "0<..1"] | None = None,
    max_tokens: Annotated[int, "1.."] | None = None,
) -> Method:
    """Says the instruction of each row in other words; input and response stay.

    A model that is trained on several wordings of a question is less easily put off by one that it has not seen.

    A variant that says the same as the original, or lacks one of its numbers, is dropped.

    Args:
        model: the model that rewrites.
        variants: how many variants of each row, each a row of its own; with more than one, `temperature` should be
            above 0.
        temperature: sampling temperature; by default the model's own.
        top_p: sample from the likeliest tokens that together have this probability; by default the model's own.
        max_tokens: the longest answer; by default the model's own.

    Example:
        generate reworded from tasks {
            paraphrase(teacher, variants: 3)
            novel(instruction, rouge_l: 0.9)
        }
    """
    from tunec.runtime.base.method import EachRow
    from tunec.runtime.models.sampling import sampling_of

    at_least_one("paraphrase", variants=variants)
    sampling = sampling_of(model, temperature, top_p, max_tokens)
    return EachRow((model,), variants, partial(_work, model, sampling, variants))


def _work(model: ModelSpec, sampling: Sampling, variants: int, unit: Unit) -> Work:
    from tunec.runtime.base.method import Ask, Draft, Message, NoAnswer, Rejection, Request

    row = unit.row
    parents = (str(row["id"]),)
    original = (row["instruction"] or "").strip()
    if not original:
        return [Rejection("an instruction", "none", "", parents)]
    prompt = templates.filled("paraphrase", templates.language_of(original), {"instruction": original})
    asked = (Message("user", prompt),)
    answers = yield Ask(model, sampling, tuple(Request(asked, sample=number) for number in range(variants)))
    parts: list[Draft | Rejection] = []
    numbers, seen = set(_NUMBER.findall(original)), {templates.plain(original)}
    for answer in answers:
        try:
            text = templates.stripped(answer.said)
        except NoAnswer as error:
            parts.append(Rejection("answer", str(error), answer.text, parents))
            continue
        lost = sorted(numbers - set(_NUMBER.findall(text)))
        if answer.finish == "length":
            parts.append(Rejection("complete", "cut at max_tokens", text, parents))
        elif templates.plain(text) in seen:
            parts.append(Rejection("other words", "the same", text, parents))
        elif lost:
            parts.append(Rejection("numbers kept", f"without {', '.join(lost)}", text, parents))
        else:
            seen.add(templates.plain(text))
            kept = {name: row.get(name) or "" for name in ("input", "response", "system")}
            parts.append(Draft({"instruction": text, **kept}, parents))
    return parts
