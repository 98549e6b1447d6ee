"""A mixture of sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Frame, Outcome, Share


@operator(version=2, block="shares", random=True)
def mix(
    rows: Frame,
    *,
    by: Literal["rows", "tokens"] = "rows",
    total: Annotated[int, "1.."] | None = None,
    epochs: Annotated[float, "0<.."] = 1.0,
    temperature: Annotated[float, "0<.."] | None = None,
    unimax: Annotated[float, "0<.."] | None = None,
    shares: dict[str, Share],
    ctx: Context,
) -> Outcome:
    """Mixes sources in given shares: the largest set that has exactly these shares, without repeating a row.

    The rows of each source are drawn with the seed. A source without rows is an error. Rows of a source that the block
    does not name are dropped. With `epochs` above 1, a source that is too small for its share is seen more than once:
    in whole passes, with the rows of the last partial pass drawn with the seed; copies follow after all rows. A note
    reports the epochs of each source: its share of the total, divided by its size.

    Args:
        by: what a share is a share of. Tokens are counted without a model: words, characters of scripts without spaces,
            and punctuation marks.
        total: the maximum number of rows or tokens.
        epochs: how often a row may be seen.
        temperature: instead of a block, shares in proportion to size^(1/temperature).
        unimax: instead of a block, shares as even as `total` allows, without using a source more often than this.

    Source: GPT-3 (2005.14165), table 2.2, for epochs; mBERT's smoothing (temperature 1.43); UniMax (2304.09151),
    algorithm 1.

    Example:
        mix { tasks: 80%, fresh: 20% }
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.text.fractions import share
    from tunec.runtime.text.mixture import amounts, passes, told
    from tunec.runtime.text.proportions import by_temperature, by_unimax, normalized
    from tunec.runtime.text.ranks import keys
    from tunec.runtime.text.turns import row_tokens

    if sum((bool(shares), temperature is not None, unimax is not None)) != 1:
        raise OperatorError("mix needs one of: shares in its block, `temperature`, `unimax`")
    _check_positive(epochs=epochs, temperature=temperature, unimax=unimax, total=total)
    weight = np.ones(rows.height, dtype=np.int64) if by == "rows" else row_tokens(rows)
    found = pl.DataFrame({"origin": rows["origin"], "weight": weight}).group_by("origin").agg(pl.col("weight").sum())
    sizes: dict[str, int] = dict(found.sort("origin").iter_rows())
    empty = [name for name, value in shares.items() if value and not sizes.get(name)]
    if empty:
        raise OperatorError(f"mix: no {by} of {', '.join(empty)}")
    sizes = {name: size for name, size in sizes.items() if size}
    if not sizes:
        return Outcome(rows, no_drops())
    if shares:
        wanted = normalized({name: share(value) for name, value in shares.items() if value})
    elif temperature is not None:
        wanted = by_temperature(sizes, temperature)
    else:
        epochs, total = unimax or 1.0, sum(sizes.values()) if total is None else total
        wanted = by_unimax(sizes, total, epochs)
    limits = amounts(wanted, sizes, total, epochs, whole=by == "rows")
    times, places = passes(rows["origin"].to_list(), weight, keys(ctx.seed, rows["id"].to_list()), sizes, limits)
    drops = _left_out(rows, places, limits, np.flatnonzero(times == 0), "" if by == "rows" else " tokens")
    again = [np.flatnonzero(times >= n) for n in range(2, int(times.max(initial=0)) + 1)]
    order = np.concatenate([np.flatnonzero(times > 0), *again])
    reached = dict.fromkeys(limits, 0) | {
        str(name): int(n)
        for name, n in pl.DataFrame({"o": rows["origin"], "n": weight * times})
        .group_by("o")
        .agg(pl.sum("n"))
        .iter_rows()
    }
    # The plain case, shares of rows without a total, says nothing: every row is seen once.
    quiet = by == "rows" and total is None and epochs <= 1
    notes = () if quiet else told(wanted, sizes, reached, total, epochs, by)
    return Outcome(rows[order], drops, notes, copies=sum(map(len, again)))


def _check_positive(**arguments: float | None) -> None:
    from tunec.runtime.base.operator import OperatorError

    for name, value in arguments.items():
        if value is not None and not value > 0:
            raise OperatorError(f"mix: `{name}` must be above 0, not {value:g}")


def _left_out(
    rows: Frame, places: NDArray[np.int64], limits: dict[str, int], gone: NDArray[np.int64], unit: str
) -> pl.DataFrame:
    """The drops of the rows with these numbers; `places` says how far into its source each row stands."""
    import polars as pl

    limit = [limits.get(origin, 0) for origin in rows["origin"].gather(gone)]
    return pl.DataFrame(
        {
            "row": pl.Series(gone, dtype=pl.UInt32),
            "rule": pl.repeat("mix", len(gone), dtype=pl.String, eager=True),
            "value": pl.Series([f"{p}{unit} into its source" for p in places[gone].tolist()], dtype=pl.String),
            "threshold": pl.Series([f"<= {n}{unit}" for n in limit], dtype=pl.String),
            "partner": pl.repeat(None, len(gone), dtype=pl.String, eager=True),
            "partner_text": pl.repeat(None, len(gone), dtype=pl.String, eager=True),
        }
    )
