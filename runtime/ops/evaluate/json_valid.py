"""`json_valid(on: questions)` in an `evaluate` block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.method import Measure, Reading
    from tunec.runtime.base.values import ModelSpec, Rows


@operator(version=2, cost="model", rows=("instruction", "chat", "task", "choice"))
def json_valid(*, on: Rows, fenced: bool = False, max_tokens: Annotated[int, "1.."] = 512, ctx: Context) -> Measure:
    """Measures the share of answers that are one JSON document, and nothing else.

    The model answers each question greedily. The results are `json_valid` with Wilson's 95% interval `low`..`high`,
    `items`, and `cut`, the answers that `max_tokens` ended.

    Args:
        on: rows with questions that ask for JSON: instructions, chats up to the last answer, tasks or items.
        fenced: allow thoughts before the document, and a fence (three backticks) around it.
        max_tokens: the longest answer.

    Example:
        evaluate scores of [base, tuned] {
            json_valid(on: forms)
        }
    """
    import polars as pl

    from tunec.runtime.models.comparing import of_shares
    from tunec.runtime.ops.functions.json_valid import json_valid as is_valid
    from tunec.runtime.text.templates import unwrapped
    from tunec.runtime.tuning.measuring.asked import answers, questions

    items = questions(on, "json_valid")

    def measure(model: ModelSpec) -> Reading:
        said = answers(ctx, model, [item.chat for item in items], max_tokens)
        texts = [unwrapped(one.text) if fenced else one.text for one in said]
        fine = is_valid(pl.Series(texts, dtype=pl.String)).to_list()
        more = {"cut": sum(one.finish == "length" for one in said)}
        return of_shares("json_valid", [item.id for item in items], fine, more)

    return measure
