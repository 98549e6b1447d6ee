"""`pairs([base, teacher], judge: teacher)` in a `generate` block: preferences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING, Annotated, Any

from tunec.runtime.base.operator import Given, at_least_one, operator, refuse
from tunec.runtime.text import templates
from tunec.runtime.text.verdicts import by_order, verdict, won

if TYPE_CHECKING:
    from tunec.runtime.base.method import Answer, Method, Sampling, Unit, Work
    from tunec.runtime.base.values import ModelSpec, Share


def _conflicts(given: Given) -> tuple[str, str] | None:
    if len(given["models"]) * given["samples"] < 2:
        why = "`pairs` compares two answers, and this is one; name two models, or ask for `samples: 2`"
        return "samples" if len(given["models"]) else "models", why
    return None


def _asks(given: Given) -> int:
    many = len(given["models"]) * given["samples"]
    return int(many + many * (many - 1))


@operator(
    version=3,
    cost="model",
    rows=("instruction",),
    makes="preference",
    reads=templates.files("pairs"),
    adds={"margin": "float"},
    conflicts=_conflicts,
    asks=_asks,
)
def pairs(
    models: Sequence[ModelSpec],
    *,
    judge: ModelSpec,
    samples: Annotated[int, "1.."] = 1,
    margin: Share = 0.5,
    temperature: Annotated[float, "0..2"] | None = None,
    top_p: Annotated[float, "0<..1"] | None = None,
    max_tokens: Annotated[int, "1.."] | None = None,
) -> Method:
    """Lets models answer each row and a judge compare the answers: best and worst become `chosen` and `rejected`.

    Each two answers are compared in both orders.

    A comparison is won by an answer that the judge prefers in both orders; anything else is a tie, so that a judge who
    prefers what stands first decides nothing. The score of an answer is the share of its comparisons that it won, ties
    counting half. Rows in which best and worst are less than `margin` apart are dropped; `meta.margin` says how far
    apart those of the others are. The summary and the report tell of how many pairs the winner changed with the order.

    Args:
        models: the models that answer.
        judge: the model that compares; it should not be one of those that answer.
        samples: how many answers of each model.
        margin: how far apart the scores of best and worst are at least.
        temperature: sampling temperature of the answers; by default each model's own. Verdicts take 0.
        top_p: sample from the likeliest tokens that together have this probability; by default each model's own.
        max_tokens: the longest answer; by default each model's own.

    Source: Zheng et al., Judging LLM-as-a-Judge with MT-Bench (arXiv 2306.05685), section 3.4: both orders.

    Example:
        generate preferences from tasks {
            pairs([student, teacher], judge: referee, samples: 2)
        }
    """
    from tunec.runtime.base.method import EachRow
    from tunec.runtime.models.sampling import sampling_of

    at_least_one("pairs", samples=samples)
    given = {"models": models, "samples": samples}
    refuse(_conflicts(given))
    ways = [sampling_of(model, temperature, top_p, max_tokens) for model in models]
    verdicts = sampling_of(judge, 0.0, 1.0, 256)
    work = partial(_work, tuple(zip(models, ways, strict=True)), judge, verdicts, samples, margin)
    return EachRow(tuple(dict.fromkeys([*models, judge])), _asks(given), work)


def _work(
    models: Sequence[tuple[ModelSpec, Sampling]],
    judge: ModelSpec,
    way: Sampling,
    samples: int,
    margin: float,
    unit: Unit,
) -> Work:
    from tunec.runtime.base.method import Ask, Draft, Message, Rejection, Request

    row = unit.row
    parents = (str(row["id"]),)
    question = templates.question_of(row)
    if not question:
        return [Rejection("a question", "none", "", parents)]
    head = [Message("system", row["system"])] if row.get("system") else []
    asked = (*head, Message("user", question))
    answers: list[Answer] = []
    for model, sampling in models:
        answers += yield Ask(model, sampling, tuple(Request(asked, sample=number) for number in range(samples)))
    texts = list(dict.fromkeys(a.text.strip() for a in answers if a.finish == "stop" and a.text.strip()))
    if len(texts) < 2:
        cut = sum(answer.finish == "length" for answer in answers)
        found = f"{len(texts)}, and {cut} cut at max_tokens" if cut else str(len(texts))
        return [Rejection("two different answers", found, question, parents)]
    language, orders = templates.language_of(question), list(permutations(range(len(texts)), 2))
    requests = []
    for first, second in orders:
        values = {"question": question, "first": texts[first], "second": texts[second]}
        requests.append(Request((Message("user", templates.filled("pairs", language, values)),)))
    verdicts = yield Ask(judge, way, tuple(requests), persona=False)
    said = dict(zip(orders, (_verdict(answer) for answer in verdicts), strict=True))
    scores, shares = _scores(len(texts), said), by_order((said[a, b], said[b, a]) for a, b in orders if a < b)
    best, worst = max(scores, key=lambda n: (scores[n], -n)), min(scores, key=lambda n: (scores[n], -n))
    apart = scores[best] - scores[worst]
    if apart < margin or best == worst:
        return [Rejection(f"margin >= {margin:g}", f"{apart:.2f}", question, parents, shares)]
    return [Draft(_preference(head, question, texts[best], texts[worst]), parents, {"margin": apart}, shares)]


def _verdict(answer: Answer) -> str | None:
    return verdict(answer.text) if answer.finish != "failed" else None


def _scores(many: int, verdicts: dict[tuple[int, int], str | None]) -> dict[int, float]:
    """The share of its comparisons that each answer won, ties counting half."""
    scores = dict.fromkeys(range(many), 0.0)
    for first in range(many):
        for second in range(first + 1, many):
            share = won(verdicts[first, second], verdicts[second, first])
            scores[first] += share
            scores[second] += 1 - share
    return {number: wins / (many - 1) for number, wins in scores.items()}


def _preference(head: Sequence[Any], question: str, chosen: str, rejected: str) -> dict[str, Any]:
    prompt = [{"role": m.role, "content": m.content} for m in head] + [{"role": "user", "content": question}]
    said = {"chosen": chosen, "rejected": rejected}
    return {"messages": prompt, **{k: [{"role": "assistant", "content": v}] for k, v in said.items()}, "tools": None}
