"""Removal of duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    import polars as pl

    from tunec.runtime.base.values import Bound, Keeper, Outcome, Portions, Rows
    from tunec.runtime.rows.portions import Rows as PortionedRows


@operator(version=3, cost="index", block="rules")
def dedup(
    rows: Portions,
    *,
    keep: Keeper = "first",
    greedy: bool = False,
    against: Rows | None = None,
    rules: list[Bound],
) -> Outcome:
    """Keeps one row of each group of duplicates.

    The pairs of all rules are combined; rows that are connected by pairs, directly or through others, form one group,
    of which one row is kept. Rules have no order. A dropped row names the simplest rule that links it with the kept row
    (exact, near, semantic) or, if none does, its nearest duplicate in the group.

    Args:
        keep: which row is kept: `first`, `longest(text)`, `best(score)`, `prefer(condition)`; among equals, the first.
        greedy: instead of forming groups, walk the rows and keep each that matches no kept row; the walk follows
            `keep`, best first.
        against: rows of another declaration, such as an earlier version, which are not part of the result: a row that
            duplicates one of them is dropped, and so is everything in its group. If the other side should lose instead,
            take both together, `from [earlier, fresh]`, and say which one to `prefer`.

    Source: Platypus (2308.07317), section 2.2, and DEITA (2312.15685), section 2.4, walk greedily; groups are the
    connected components that Lee et al. (2107.06499) use.

    Example:
        dedup(keep: longest(response)) {
            exact(prompt)
            near(text, jaccard: 0.8)
        }
    """
    import numpy as np
    import polars as pl

    from tunec.compiler.types import RowType
    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.rows.frame import row_type_of, widened
    from tunec.runtime.rows.portions import portioned
    from tunec.runtime.text.clusters import grouped, walked
    from tunec.runtime.text.last_turns import last_turns_alone
    from tunec.runtime.text.links import Links

    if against is not None and row_type_of(against) is not row_type_of(rows):
        kinds = row_type_of(against), row_type_of(rows)
        if kinds != (RowType.INSTRUCTION, RowType.CHAT):
            raise OperatorError(f"dedup: `against` holds {kinds[0]} rows, and these are {kinds[1]} rows")
        against = widened(against)
    held = portioned(rows)
    fixed = 0 if against is None else against.height
    every = rows
    if against is not None:
        shared = against.select(c for c in rows.columns if c in against.columns)
        every = pl.concat([shared, held.whole()], how="diagonal_relaxed")
    links = [Links(rule.text, rule.call(every), every.height) for rule in sorted(rules, key=lambda rule: rule.text)]
    scores = None if isinstance(keep, str) else keep.call(every)
    priority = np.zeros(every.height)
    if scores is not None:
        priority = scores.cast(pl.Float64).fill_nan(None).fill_null(-np.inf).to_numpy()
    priority = np.concatenate([np.full(fixed, np.inf), priority[fixed:]])
    found = (walked if greedy else grouped)(links, priority, fixed)
    if not found.height:
        return Outcome(held.taken(), no_drops())
    drops = _drops(portioned(every), found, fixed)
    stays = np.ones(rows.height, dtype=np.bool_)
    stays[drops["row"].to_numpy()] = False
    return Outcome(held.kept(stays), drops, last_turns_alone(held, drops))


def _drops(every: PortionedRows, found: pl.DataFrame, fixed: int) -> pl.DataFrame:
    """The drops of rows, the first `fixed` of which are of somebody else."""
    import polars as pl

    from tunec.runtime.text.fractions import shown
    from tunec.runtime.text.headline import headline_of

    partner = every.at(found["partner"].to_numpy(), "id", headline_of(every).alias("headline"))
    values = found["value"].unique()
    told = pl.Series([shown(value) for value in values.to_list()], dtype=pl.String)
    return found.select(
        (pl.col("row") - fixed).cast(pl.UInt32),
        "rule",
        pl.col("value").replace_strict(values, told, return_dtype=pl.String),
        "threshold",
        partner["id"].alias("partner"),
        partner["headline"].alias("partner_text"),
    )
