"""`judge_score(teacher, on: questions)` in an `evaluate` block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import Given, operator, refuse

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Measure, Reading
    from tunec.runtime.base.values import ModelSpec, Range, Rows


def _conflicts(given: Given) -> tuple[str, str] | None:
    from tunec.runtime.ops.functions.judge import conflicts_of

    return conflicts_of("judge_score", given)


@operator(
    version=1,
    cost="model",
    rows=("instruction", "chat", "task", "choice"),
    reads=tuple(f"tunec.runtime.ops.functions/questions/{name}.txt" for name in ("judge", "judge_json")),
    conflicts=_conflicts,
)
def judge_score(
    judge: ModelSpec,
    *,
    on: Rows,
    rubric: str = "How helpful, correct and complete is the response?",
    scale: Range | None = None,
    method: Literal["answer", "expected"] = "answer",
    max_tokens: Annotated[int, "1.."] = 512,
    ctx: Context,
) -> Measure:
    """Measures how a judge rates the answers of a model.

    The model answers each question greedily; the judge rates question and answer by the rubric, as the function `judge`
    does. The results are `score`, the mean, with a 95% interval `low`..`high` (bootstrap over items), `items`, and
    `unrated`, the answers that the judge gave no number for. A judge prefers answers like its own: it should not be a
    relative of the models that it rates.

    Args:
        judge: the model that rates.
        on: rows with questions: instructions, chats up to the last answer, tasks or items.
        rubric: what is rated, in any language.
        scale: the lowest and the highest rating; 1 to 10 by default, 1 to 5 with `method: expected`. Two whole
            numbers have to lie on it.
        method: `expected` weights the ratings by their probability, which needs a judge with local weights.
        max_tokens: the longest answer of the model.

    Source: Zheng et al., Judging LLM-as-a-Judge with MT-Bench (arXiv 2306.05685), single answer grading.

    Example:
        evaluate scores of [base, tuned] {
            judge_score(teacher, on: held_out, rubric: "How correct and complete is the response?")
        }
    """
    import polars as pl

    from tunec.runtime.base.values import Range
    from tunec.runtime.ops.functions.judge import judge as rated
    from tunec.runtime.tuning.measuring.asked import answers, questions
    from tunec.runtime.tuning.measuring.means import of_means

    refuse(_conflicts({"scale": scale, "method": method}))
    items = questions(on, "judge_score")
    ends = scale or Range(1, 5 if method == "expected" else 10)

    def measure(model: ModelSpec) -> Reading:
        said = [one.text for one in answers(ctx, model, [item.chat for item in items], max_tokens)]
        ratings = rated(
            judge,
            rubric=rubric,
            scale=ends,
            prompt=pl.Series([item.text for item in items], dtype=pl.String),
            response=pl.Series(said, dtype=pl.String),
            method=method,
            ctx=ctx,
        )
        known = {item.id: float(r) for item, r in zip(items, ratings, strict=True) if r is not None}
        return of_means("score", known, {"unrated": len(items) - len(known)})

    return measure
