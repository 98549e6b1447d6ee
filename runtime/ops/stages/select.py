"""A choice of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Outcome, Portions, Selector


#: In how many rounds a generation may make the rows that are missing.
_ROUNDS = 8


@operator(version=3, cost="index", neutral=("control",))
def select(
    rows: Portions,
    size: Annotated[int, "1.."],
    *,
    by: Selector,
    exactly: bool = False,
    control: Literal["random"] | None = None,
) -> Outcome:
    """Keeps a chosen number of rows, in their original order.

    With fewer rows than requested, all are kept, whatever the method, and a warning says so; another warning says if
    the method takes fewer.

    Args:
        size: the number of rows to keep.
        by: the method of selection: `random()`, `top(score)`, `k_center(text, using: embedder)`, ….
        exactly: fail if there are fewer rows, or fewer are chosen, and a `generate` above cannot make more within the
            bounds of its `until` and in eight rounds.
        control: `random` also draws a random choice of the same size, which goes through the stages below as the chosen
            rows do, without `check` and `review`. It is called `NAME.control`. A model that is trained on the data set
            NAME is trained on it too where an `evaluate` measures that model: both stand side by side there, and the
            result says in words whether the chosen rows are better than random ones, by the 95% interval of the
            difference.

    Source: random is hard to beat: InstructMining (2307.06290), table 4, where a random 10,000 scores higher.

    Example:
        select(5k, by: k_center(prompt, using: minilm), control: random)
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.base.operator import Short
    from tunec.runtime.base.values import Bound, Outcome, drops_of, no_drops
    from tunec.runtime.rows.portions import portioned

    if rows.height < size:
        short = f"{size:,} rows were requested, but there are only {rows.height:,}"
        if exactly:
            raise Short(f"select: {short}", size - rows.height, _ROUNDS)
        return Outcome(portioned(rows).taken(), no_drops(), (short,))
    if not isinstance(by, Bound):
        raise TypeError(f"select needs a bound operator, not {by!r}")
    chosen = np.asarray(by.call(rows, count=size), dtype=np.int64)
    notes: tuple[str, ...] = ()
    if len(chosen) < size:
        short = f"{size:,} rows were asked for, and `{by.name}` takes {len(chosen):,} of {rows.height:,}"
        if exactly:
            raise Short(f"select: {short}", size - len(chosen), _ROUNDS)
        notes = (short,)
    stays = np.zeros(rows.height, dtype=np.bool_)
    stays[chosen] = True
    gone = pl.Series(np.flatnonzero(~stays))
    drops = drops_of(gone, by.text, pl.repeat("not chosen", len(gone), eager=True), f"{size} rows")
    return Outcome(portioned(rows).kept(stays), drops, notes)
