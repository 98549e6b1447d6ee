"""`backtranslate(teacher)` in a `generate` block."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import Given, OperatorError, operator, refuse
from tunec.runtime.text import templates

if TYPE_CHECKING:
    from tunec.runtime.base.method import Method, Sampling, Unit, Work
    from tunec.runtime.base.values import ModelSpec


def _conflicts(given: Given) -> tuple[str, str] | None:
    if given["judge"] is not None and given["at_least"] is None:
        return "judge", "a `judge` rates where `at_least` says which ratings are kept; add `at_least: 4`, or remove it"
    return None


@operator(
    version=2,
    cost="model",
    rows=("text",),
    makes="instruction",
    adds={"rating": "float"},
    reads=templates.files("backtranslate", "backtranslate_rating"),
    conflicts=_conflicts,
    asks=lambda given: 1 if given["at_least"] is None else 2,
)
def backtranslate(
    model: ModelSpec,
    *,
    at_least: Annotated[int, "1..5"] | None = None,
    judge: ModelSpec | None = None,
    temperature: Annotated[float, "0..2"] | None = None,
    top_p: Annotated[float, "0<..1"] | None = None,
    max_tokens: Annotated[int, "1.."] | None = None,
) -> Method:
    """Writes the instruction that each text answers: texts written by people become responses.

    With `at_least`, pairs are rated from 1 to 5 and the weaker ones dropped (self-curation); `meta.rating` says how
    the others were rated.

    Args:
        model: the model that writes the instructions.
        at_least: the lowest rating that is kept, 1 to 5; without it nothing is rated. Humpback keeps 4 or 5.
        judge: the model that rates; by default the one that writes.
        temperature: sampling temperature of the instructions; by default the model's own. Ratings take 0.
        top_p: sample from the likeliest tokens that together have this probability; by default the model's own.
        max_tokens: the longest answer; by default the model's own.

    Source: Li et al., Self-Alignment with Instruction Backtranslation (arXiv 2308.06259).

    Example:
        generate asked from articles {
            backtranslate(teacher, at_least: 4)
        }
    """
    from tunec.runtime.base.method import EachRow
    from tunec.runtime.models.sampling import sampling_of

    if at_least is not None and not 1 <= at_least <= 5:
        raise OperatorError("backtranslate: `at_least` is a rating from 1 to 5")
    refuse(_conflicts({"judge": judge, "at_least": at_least}))
    rater = judge or model
    ways = sampling_of(model, temperature, top_p, max_tokens), sampling_of(rater, 0.0, 1.0, 256)
    models = (model,) if at_least is None or rater == model else (model, rater)
    most = 1 if at_least is None else 2
    return EachRow(models, most, partial(_work, model, rater, ways, at_least))


def _work(
    model: ModelSpec, rater: ModelSpec, ways: tuple[Sampling, Sampling], at_least: int | None, unit: Unit
) -> Work:
    from tunec.runtime.base.method import Ask, Draft, Message, Rejection, Request
    from tunec.runtime.text.ratings import rating

    row = unit.row
    parents, text = (str(row["id"]),), (row["text"] or "").strip()
    if not text:
        return [Rejection("a text", "none", "", parents)]
    language = templates.language_of(text)
    prompt = templates.filled("backtranslate", language, {"text": text})
    [answer] = yield Ask(model, ways[0], (Request((Message("user", prompt),)),))
    instruction = templates.stripped(answer.said)
    if answer.finish == "length" or not instruction:
        return [Rejection("complete", "cut at max_tokens" if instruction else "nothing", instruction, parents)]
    rated = None
    if at_least is not None:
        values = {"instruction": instruction, "response": text}
        prompt = templates.filled("backtranslate_rating", language, values)
        [answer] = yield Ask(rater, ways[1], (Request((Message("user", prompt),)),), persona=False)
        last = answer.said.strip().rpartition("\n")[2]
        rated = rating(last)
        if rated is None or not at_least <= rated <= 5:
            value = "no rating" if rated is None else f"{rated:g}"
            return [Rejection(f"rating >= {at_least}", value, instruction, parents)]
    fields = {"instruction": instruction, "input": "", "response": text, "system": ""}
    return [Draft(fields, parents, {"rating": rated})]
