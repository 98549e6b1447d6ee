"""A mixture of sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.context import Context
    from tunec.runtime.values import Frame, Outcome, Share


@operator(version=1, block="shares", random=True)
def mix(
    rows: Frame,
    *,
    by: Literal["rows", "tokens"] = "rows",
    total: int | None = None,
    temperature: float | None = None,
    unimax: float | None = None,
    shares: dict[str, Share],
    ctx: Context,
) -> Outcome:
    """Mixes sources in given shares: the largest set that has the shares, to the row, without repeating a row.

    The rows of each source are drawn by the seed. A source without rows is an error. Rows of a source that the block
    does not name go.

    Args:
        by: what a share is a share of. Tokens are counted without a model: words, characters of scripts without
            spaces, and marks of punctuation.
        total: rows or tokens at most.
        temperature: instead of a block, shares in proportion to size^(1/temperature).
        unimax: instead of a block, shares as even as `total` allows without using a source more often than this.

    Source: mBERT's smoothing (temperature 1.43); UniMax (2304.09151), algorithm 1.

    Example:
        mix { tasks: 80%, fresh: 20% }
    """
    import polars as pl

    from tunec.runtime.operator import OperatorError
    from tunec.runtime.text.fractions import share
    from tunec.runtime.text.proportions import by_temperature, by_unimax, largest, normalized
    from tunec.runtime.text.ranks import keys
    from tunec.runtime.text.turns import row_tokens
    from tunec.runtime.values import Outcome, no_drops

    if sum((bool(shares), temperature is not None, unimax is not None)) != 1:
        raise OperatorError("mix needs one of: shares in its block, `temperature`, `unimax`")
    frame = (
        rows.select("origin")
        .with_row_index("row")
        .with_columns(
            weight=pl.lit(1, dtype=pl.Int64) if by == "rows" else pl.Series(row_tokens(rows)),
            key=pl.Series(keys(ctx.seed, rows["id"].to_list())),
        )
    )
    sizes = dict(frame.group_by("origin").agg(pl.col("weight").sum()).sort("origin").iter_rows())
    empty = [name for name, value in shares.items() if value and not sizes.get(name)]
    if empty:
        raise OperatorError(f"mix: no rows of {', '.join(empty)}")
    if not sizes:
        return Outcome(rows, no_drops())
    if shares:
        wanted = normalized({name: share(value) for name, value in shares.items() if value})
    elif temperature is not None:
        wanted = by_temperature(sizes, temperature)
    else:
        wanted = by_unimax(sizes, sum(sizes.values()) if total is None else total, unimax or 1.0)
    if by == "rows":
        counts = largest(wanted, sizes, total)
    else:
        most = min(
            [sizes[name] / value for name, value in wanted.items() if value] + ([] if total is None else [total])
        )
        counts = {name: int(value * most) for name, value in wanted.items()}
    limits = pl.DataFrame(
        {"origin": list(counts), "limit": list(counts.values())}, schema={"origin": pl.String, "limit": pl.Int64}
    )
    frame = frame.sort("key", "row").with_columns(place=pl.col("weight").cum_sum().over("origin"))
    frame = frame.join(limits, on="origin", how="left").with_columns(pl.col("limit").fill_null(0)).sort("row")
    stays = frame.select(pl.col("place") <= pl.col("limit")).to_series().to_numpy()
    reached = int(frame["weight"].to_numpy()[stays].sum())
    notes: tuple[str, ...] = ()
    if total is not None and by == "rows" and reached < total:
        notes = (f"the shares allow {reached:,} of the {total:,} rows that were asked for without repeating one",)
    unit = "" if by == "rows" else " tokens"
    gone = frame.filter(~stays)
    drops = gone.select(
        "row",
        rule=pl.lit("mix"),
        value=pl.format("{}{} into its source", "place", pl.lit(unit)),
        threshold=pl.format("<= {}{}", "limit", pl.lit(unit)),
        partner=pl.lit(None, dtype=pl.String),
        partner_text=pl.lit(None, dtype=pl.String),
    )
    return Outcome(rows.filter(stays), drops, notes)
