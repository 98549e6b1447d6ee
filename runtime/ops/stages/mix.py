"""A mixture of sources."""

from __future__ import annotations

from dataclasses import replace
from math import expm1
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tunec.runtime.base.operator import Given, operator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Outcome, Portions, Share, Trials
    from tunec.runtime.rows.portions import Rows
    from tunec.runtime.tuning.searching.shares import Found


def _conflicts(given: Given) -> tuple[str, str] | None:
    if given["temperature"] is None or given["unimax"] is None:
        return None
    return "unimax", "`mix` takes its shares from `temperature` or from `unimax`, not from both"


@operator(
    version=3,
    block="shares",
    random=True,
    packages=("scipy",),
    only={"proxy_rows": ("search",)},
    conflicts=_conflicts,
)
def mix(
    rows: Portions,
    *,
    by: Literal["rows", "tokens"] = "rows",
    total: Annotated[int, "1.."] | None = None,
    epochs: Annotated[float, "0<..1000"] = 1.0,
    temperature: Annotated[float, "0<.."] | None = None,
    unimax: Annotated[float, "0<..1000"] | None = None,
    search: Annotated[int, "4..1000"] | None = None,
    proxy_rows: Annotated[int, "1.."] | None = None,
    shares: dict[str, Share],
    tried: Trials = (),
    ctx: Context,
) -> Outcome:
    """Mixes sources in given shares: the largest set that has exactly these shares, without repeating a row.

    The rows of each source are drawn with the seed. A source without rows is an error. Rows of a source that the block
    does not name are dropped. With `epochs` above 1, a source that is too small for its share is seen more than once:
    in whole passes, with the rows of the last partial pass drawn with the seed; copies follow after all rows. A note
    reports the epochs of each source: its share of the total, divided by its size.

    With `search`, the shares are those that small proxies say are best: `finetune` trains the model on so many subsets
    at random shares of the sources, `loss` measures each on held-out rows, and a quadratic model of the shares explains
    the logarithm of the losses. Of the shares that can give `total` rows, those with the least predicted loss are
    taken, if the proxies can tell them from proportional ones: if the 95% interval of the difference, which holds for
    all mixtures at once, leaves out 0. If not, a warning says that they are uninformative, and the shares stay
    proportional. Every proxy is a step of its own, as in a fitted rule, and the two share those that are the same.

    Args:
        by: what a share is a share of. Tokens are counted without a model: words, characters of scripts without spaces,
            and punctuation marks.
        total: the maximum number of rows or tokens.
        epochs: how often a row may be seen; at most 1,000.
        temperature: instead of a block, shares in proportion to size^(1/temperature).
        unimax: instead of a block, shares as even as `total` allows, without using a source more often than this.
        search: the number of proxies; `total` and `proxy_rows` are then needed, and the block holds `finetune` and
            `loss` in the place of shares.
        proxy_rows: the rows of each proxy.

    Source: GPT-3 (2005.14165), table 2.2, for epochs; mBERT's smoothing (temperature 1.43); UniMax (2304.09151),
    algorithm 1; proxies as in RegMix (2407.01492), with Scheffé's mixture model (1958) and intervals (1953).

    Example:
        mix { tasks: 80%, fresh: 20% }
    """
    import numpy as np

    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.rows.copies import check_passes
    from tunec.runtime.rows.portions import portioned
    from tunec.runtime.text.fractions import share
    from tunec.runtime.text.proportions import by_temperature, by_unimax, normalized
    from tunec.runtime.text.turns import row_tokens

    if sum((bool(shares), temperature is not None, unimax is not None, search is not None)) != 1:
        raise OperatorError("mix needs one of: shares in its block, `temperature`, `unimax`, `search`")
    _check_positive(epochs=epochs, temperature=temperature, unimax=unimax, total=total)
    check_passes("mix", epochs=epochs, unimax=unimax)
    held = portioned(rows)
    weight = np.ones(rows.height, dtype=np.int64) if by == "rows" else row_tokens(held)
    sizes = _sizes(held.column("origin"), weight)
    empty = [name for name, value in shares.items() if value and not sizes.get(name)]
    if empty:
        raise OperatorError(f"mix: no {by} of {', '.join(empty)}")
    sizes = {name: size for name, size in sizes.items() if size}
    if not sizes:
        return Outcome(held.taken(), no_drops())
    found = _searched(tried, sizes, total, epochs, ctx.seed) if search is not None else None
    if found is not None:
        wanted = normalized({n: share(s) for n, s in (found.shares if found.better else sizes).items()})
    elif shares:
        wanted = normalized({name: share(value) for name, value in shares.items() if value})
    elif temperature is not None:
        wanted = by_temperature(sizes, temperature)
    else:
        epochs, total = unimax or 1.0, sum(sizes.values()) if total is None else total
        wanted = by_unimax(sizes, total, epochs)
    outcome = _drawn(held, weight, wanted, sizes, total, epochs, by, ctx.seed)
    return outcome if found is None else _told(outcome, found, tried, sizes)


def _sizes(origins: pl.Series, weight: NDArray[np.int64]) -> dict[str, int]:
    """The rows or tokens of each source."""
    import polars as pl

    whole = pl.DataFrame({"origin": origins, "weight": weight}).group_by("origin").agg(pl.col("weight").sum())
    return dict(whole.sort("origin").iter_rows())


def _drawn(
    rows: Rows,
    weight: NDArray[np.int64],
    wanted: Mapping[str, Fraction],
    sizes: dict[str, int],
    total: int | None,
    epochs: float,
    by: Literal["rows", "tokens"],
    seed: int,
) -> Outcome:
    """The rows of a mixture in these shares."""
    import numpy as np
    import polars as pl

    from tunec.runtime.base.values import Outcome
    from tunec.runtime.rows.copies import check_copies
    from tunec.runtime.text.mixture import amounts, passes, told
    from tunec.runtime.text.ranks import keys

    limits = amounts(wanted, sizes, total, epochs, whole=by == "rows")
    origins = rows.column("origin")
    times, places = passes(origins.to_list(), weight, keys(seed, rows.column("id")), sizes, limits)
    check_copies("mix", rows, int(np.maximum(times - 1, 0).sum()))
    drops = _left_out(origins, places, limits, np.flatnonzero(times == 0), "" if by == "rows" else " tokens")
    again = [np.flatnonzero(times >= n) for n in range(2, int(times.max(initial=0)) + 1)]
    order = np.concatenate([np.flatnonzero(times > 0), *again])
    reached = dict.fromkeys(limits, 0) | {
        str(name): int(n)
        for name, n in pl.DataFrame({"o": origins, "n": weight * times}).group_by("o").agg(pl.sum("n")).iter_rows()
    }
    # The plain case, shares of rows without a total, says nothing: every row is seen once.
    quiet = by == "rows" and total is None and epochs <= 1
    notes = () if quiet else told(wanted, sizes, reached, total, epochs, by)
    return Outcome(rows.taken(order), drops, notes, copies=sum(map(len, again)))


def _searched(tried: Trials, sizes: dict[str, int], total: int | None, epochs: float, seed: int) -> Found:
    from tunec.runtime.tuning.searching.shares import best_shares

    available = {name: 1.0 if total is None else int(epochs * size) / total for name, size in sizes.items()}
    return best_shares(tried, sizes, available, seed)


def _told(outcome: Outcome, found: Found, tried: Trials, sizes: dict[str, int]) -> Outcome:
    """What was found of a mixture, said and recorded."""
    findings = {"mixture": _findings(found, tried, sizes)}
    return replace(outcome, notes=(_verdict(found, len(tried)), *outcome.notes), findings=findings)


def _verdict(found: Found, proxies: int) -> str:
    """What a person should know of a mixture that was searched for. Differences of logarithms are told as percents."""
    change, low, high = (f"{100 * expm1(value):+.1f}%" for value in (found.difference, found.low, found.high))
    said = ", ".join(f"{name} {value:.0%}" for name, value in sorted(found.shares.items(), key=lambda item: -item[1]))
    if found.better:
        return f"{proxies} proxies find {said}; predicted loss against proportional shares {change} ({low} to {high})"
    return (
        f"{proxies} proxies are uninformative: the best mixture that they predict, {said}, differs from proportional "
        f"shares by {change} of the loss ({low} to {high}), so the shares stay proportional"
    )


def _findings(found: Found, tried: Trials, sizes: dict[str, int]) -> dict[str, Any]:
    return {
        "shares": dict(found.shares),
        "proportional": {name: size / sum(sizes.values()) for name, size in sizes.items()},
        "better": found.better,
        "difference": [found.difference, found.low, found.high],
        "fit": found.fit,
        "proxies": [[dict(trial.sources), trial.loss] for trial in tried],
    }


def _check_positive(**arguments: float | None) -> None:
    from tunec.runtime.base.operator import OperatorError

    for name, value in arguments.items():
        if value is not None and not value > 0:
            raise OperatorError(f"mix: `{name}` must be above 0, not {value:g}")


def _left_out(
    origins: pl.Series, places: NDArray[np.int64], limits: dict[str, int], gone: NDArray[np.int64], unit: str
) -> pl.DataFrame:
    """The drops of the rows with these numbers; `places` says how far into its source each row stands."""
    import polars as pl

    limit = [limits.get(origin, 0) for origin in origins.gather(gone)]
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
