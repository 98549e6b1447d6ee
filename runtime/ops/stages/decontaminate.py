"""Removal of benchmark items from training data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Bound, Field, Outcome, Path, Portions, Rows


@operator(packages=("rjieba",), version=10, cost="index", block="rules", neutral=("review",), decisions="review")
def decontaminate(
    rows: Portions,
    *,
    against: list[Rows],
    fields: Annotated[list[Field], "1.."] = ["prompt", "response"],  # noqa: B006 - read only; documentation shows it
    with_: Literal["question", "question_answer"] = "question",
    action: Literal["drop", "report"] = "drop",
    review: Path | None = None,
    rules: list[Bound],
    ctx: Context,
) -> Outcome:
    """Drops the rows with a text that matches a benchmark item by any of the rules.

    Every turn of a chat is checked, and both answers of a preference. Items that a benchmark contains twice count once.
    A dropped row names the simplest rule that matches it (`exact`, then `ngram`, `tokens`, `cosine`, `confirm`), its
    best match by that rule, and the item. The measured value is recorded with the kind of match: a `duplicate` (by the
    rule `exact`, or at least 80% of the item's distinct words, or confirmed by a judge), `similar but different` (the
    item has a number or an operator that the text does not have, or the two differ in one word that matters, or in a
    negation), or a `gray area` (everything else).

    Args:
        against: the benchmarks.
        fields: the fields of a row to compare.
        with: compare the question of an item, or the question and its answer; the latter is also looked for in prompt
            and response taken together.
        action: `report` keeps the rows and reports how many match.
        review: a file, relative to the spec, to which the matches that are not duplicates are written for people to
            decide on: the row, the item, and an empty `decision`. Rows that are marked `keep` there are kept; all
            others are dropped, including those that await a decision.

    Source: GPT-3 (2005.14165), appendix C; Platypus (2308.07317), section 2.3, for the kinds of matches.

    Example:
        decontaminate(against: [gsm8k, mmlu]) {
            exact()
            ngram(13)
            cosine(0.80, using: minilm)
        }
    """
    from functools import partial

    import numpy as np
    import polars as pl

    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.rows.portions import Held, portioned
    from tunec.runtime.sources.review import BadDecisions
    from tunec.runtime.store.files import within
    from tunec.runtime.text.convictions import convictions, findings
    from tunec.runtime.text.reviewing import acquitted
    from tunec.runtime.text.screening import suspected
    from tunec.runtime.text.turns import compared

    if review is not None and action == "report":
        raise OperatorError("decontaminate: `action: report` keeps every row, so there is nothing to `review`")
    items = ctx.items(against, with_)
    held = portioned(rows)
    in_parts = not isinstance(held, Held) and all(rule.screened for rule in rules)
    texts = partial(compared, fields=fields, with_=with_)
    numbers = suspected(held, fields, with_, items["text"], ctx.suspects) if in_parts else np.arange(rows.height)
    some = held.at(numbers) if in_parts else held.whole()
    found = convictions(some, texts(some), items, rules)
    guilty, notes = found.rows, list[str]()
    if review is not None:
        try:
            acquits, notes = acquitted(within(ctx.folder, review), review, some, guilty, items)
        except (BadDecisions, OSError) as error:
            raise OperatorError(f"decontaminate: {error}") from error
        guilty = guilty.filter(~pl.Series(acquits, dtype=pl.Boolean))
    report = findings(found, rows.height, items, guilty["row"].clear() if action == "report" else guilty["row"])
    if action == "report":
        report["kept"] = guilty.height
    if action == "report" and guilty.height:
        notes.append(_kept(guilty, rows.height))
    if action == "report" or not guilty.height:
        return Outcome(held.taken(), no_drops(), tuple(notes), findings=report)
    drops = _drops(guilty, numbers, items[guilty["item"].to_list()])
    stays = ~np.isin(np.arange(rows.height), drops["row"].to_numpy())
    return Outcome(held.kept(stays), drops, tuple(notes), findings=report)


def _kept(guilty: pl.DataFrame, rows: int) -> str:
    by_rule = ", ".join(f"{rule}: {n:,}" for rule, n in guilty["rule"].value_counts().sort("rule").iter_rows())
    return f"{guilty.height:,} of {rows:,} rows match a benchmark and stay ({by_rule})"


def _drops(guilty: pl.DataFrame, numbers: NDArray[np.int64], matched: pl.DataFrame) -> pl.DataFrame:
    """The drops of matches, each with the benchmark item that was matched. The rows that were looked at have these
    numbers among all."""
    import polars as pl

    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.headline import LIMIT

    return pl.DataFrame(
        {
            "row": pl.Series(numbers[guilty["row"].to_numpy()], dtype=pl.UInt32),
            "rule": guilty["rule"],
            "value": [f"{shown(v)}, {kind}" for v, kind in guilty.select("value", "class").iter_rows()],
            "threshold": guilty["threshold"],
            "partner": matched["id"],
            "partner_text": matched["text"].str.slice(0, LIMIT),
        }
    )
