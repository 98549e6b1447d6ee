"""Row rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Frame, Outcome, RowRule


@operator(version=1, cost="cheap", row_wise=True, block="rules")
def filter(rows: Frame, *, rules: list[RowRule]) -> Outcome:
    """Keeps the rows for which every `keep` is true and no `drop` is.

    A missing value is neither true nor false: `keep` keeps only what is true, `drop` drops only what is true. Rules
    have no order: the cheapest run first, and more expensive ones are not evaluated for a row that has been dropped.
    The reason recorded for a dropped row is the first failing rule in the order of cost class and text.

    Example:
        filter {
            keep words(prompt) in 3..150
            drop refusal(response) as refusals
        }
    """
    import polars as pl

    from tunec.runtime.base.values import Outcome, drops_of, no_drops
    from tunec.runtime.engine.expressions import NUMBER

    left = rows.with_row_index(NUMBER)
    fallen = []
    for rule in rules:
        verdict = rule.condition(left)
        keeps = verdict.fill_null(False) if rule.verb == "keep" else ~verdict.fill_null(False)
        if keeps.all():
            continue
        dropped = left.filter(~keeps)
        measured = rule.measured(left).filter(~keeps) if rule.whole else rule.measured(dropped)
        fallen.append(drops_of(dropped[NUMBER], rule.text, measured, rule.threshold))
        left = left.filter(keeps)
    drops = pl.concat(fallen).sort("row") if fallen else no_drops()
    return Outcome(left.drop(NUMBER), drops)
