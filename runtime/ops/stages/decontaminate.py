"""Removal of benchmark items from training data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import Bound, Field, Frame, Outcome, Rows


@operator(version=1, cost="index", block="rules")
def decontaminate(
    rows: Frame,
    *,
    against: list[Rows],
    fields: list[Field] = ["prompt", "response"],  # noqa: B006 - read only; documentation shows it
    with_: Literal["question", "question_answer"] = "question",
    action: Literal["drop", "report"] = "drop",
    rules: list[Bound],
) -> Outcome:
    """Drops the rows of which a text matches an item of a benchmark by any of the rules.

    Every turn of a chat is read, and both answers of a preference. Items that a benchmark holds twice count once. A
    dropped row names the plainest rule that convicts it (`exact`, then `ngram`, `tokens`, `cosine`), its best match by
    that rule, and the item.

    Args:
        against: the benchmarks.
        fields: what of a row is compared.
        with: the question of an item, or the question and its answer; the latter is also looked for in prompt and
            response taken together.
        action: `report` keeps the rows and says how many match.

    Source: GPT-3 (2005.14165), appendix C; Platypus (2308.07317), section 2.3.

    Example:
        decontaminate(against: [gsm8k, mmlu]) {
            exact()
            ngram(13)
            cosine(0.80, using: minilm)
        }
    """
    import polars as pl

    from tunec.runtime.text.convictions import convictions, items_of
    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.headline import LIMIT
    from tunec.runtime.text.turns import turns
    from tunec.runtime.values import Outcome, no_drops

    items = items_of(against, with_)
    read = turns(rows, [*fields, "text"] if with_ == "question_answer" else fields)
    found = convictions(rows, read, items, rules)
    if not found.height:
        return Outcome(rows, no_drops())
    if action == "report":
        by_rule = ", ".join(f"{rule}: {n:,}" for rule, n in found["rule"].value_counts().sort("rule").iter_rows())
        note = f"{found.height:,} of {rows.height:,} rows match a benchmark and stay ({by_rule})"
        return Outcome(rows, no_drops(), (note,))
    matched = items[found["item"].to_list()]
    drops = pl.DataFrame(
        {
            "row": found["row"].cast(pl.UInt32),
            "rule": found["rule"],
            "value": pl.Series([shown(v) for v in found["value"]], dtype=pl.String),
            "threshold": found["threshold"],
            "partner": matched["id"],
            "partner_text": matched["text"].str.slice(0, LIMIT),
        }
    )
    gone = pl.Series(range(rows.height), dtype=pl.UInt32).is_in(drops["row"].implode())
    return Outcome(rows.filter(~gone), drops)
