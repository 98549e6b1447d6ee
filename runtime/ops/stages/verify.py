"""Rejection sampling: of several answers to the same seed row, the right ones, and how many there were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Fallen, Frame, Keeper, Outcome, RowRule


@operator(version=1, cost="cheap", block="rules", adds={"pass_rate": "float"})
def verify(rows: Frame, *, keep: Keeper | None = None, fallen: Fallen, rules: list[RowRule]) -> Outcome:
    """Keeps the right answers to each seed row: those for which every `keep` is true and no `drop` is.

    The rules are those of `filter`, such as `keep math_equal(response, meta.answer)`. Rows that were made from the same
    seed row belong together; a row of a source is alone. The share of the answers to a seed row that are right is kept
    as a column, `pass_rate`: later stages read it by that name, `keep pass_rate in 20%..80%`. Inside a `generate` an
    answer that was dropped before, because it is empty or was cut off, for instance, counts as wrong.

    Args:
        keep: which of the right answers stays: `first`, `shortest(response)`, `best(score)`, …; by default all do.

    Source: Yuan et al., Rejection sampling fine-tuning (arXiv 2308.01825); Cobbe et al., Training Verifiers to Solve
    Math Word Problems (arXiv 2110.14168), for the best of n by a score.

    Example:
        generate solved from problems {
            respond(teacher, samples: 8)
            verify(keep: shortest(response)) { keep math_equal(response, meta.answer) }
            filter { keep pass_rate in 20%..80% }
        }
    """
    import polars as pl

    from tunec.runtime.base.values import Outcome
    from tunec.runtime.ops.stages.filter import filter as sieve
    from tunec.runtime.text.headline import headlines

    numbered = rows.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
        pl.when(pl.col("parents").list.len() > 0).then("parents").otherwise(pl.concat_list("id")).alias("seed"),
    )
    wrong = sieve(rows, rules=rules).drops
    before = fallen.group_by(seed="parents").len("fallen")
    counted = (
        numbered.join(before, on="seed", how="left", maintain_order="left")
        .with_columns(right=~pl.col("row").is_in(wrong["row"].implode()))
        .with_columns(rate=pl.col("right").sum().over("seed") / (pl.len().over("seed") + pl.col("fallen").fill_null(0)))
    )
    marked = rows.with_columns(counted["rate"].alias("pass_rate"))
    if keep is None:
        return Outcome(marked.filter(counted["right"]), wrong)
    right = numbered.filter(counted["right"])
    scores = None if isinstance(keep, str) else keep.call(rows.filter(counted["right"]))
    score = pl.repeat(0.0, right.height, eager=True) if scores is None else scores.cast(pl.Float64).fill_nan(None)
    best = pl.col("row").sort_by("score", "row", descending=[True, False]).first().over("seed")
    chosen = right.with_columns(score.fill_null(-float("inf")).alias("score")).with_columns(best.alias("best"))
    beaten = chosen.filter(pl.col("row") != pl.col("best"))
    kept = rows[beaten["best"]]
    drops = pl.DataFrame(
        {
            "row": beaten["row"],
            "rule": pl.repeat(f"keep: {keep if isinstance(keep, str) else keep.text}", beaten.height, eager=True),
            "value": pl.repeat("right, and not chosen", beaten.height, eager=True),
            "threshold": pl.repeat(None, beaten.height, dtype=pl.String, eager=True),
            "partner": kept["id"],
            "partner_text": headlines(kept),
        }
    )
    return Outcome(marked[chosen["best"].unique().sort()], pl.concat([wrong, drops]).sort("row"))
