"""A choice of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Frame, Outcome, Selector


#: In how many rounds a generation may make the rows that are missing.
_ROUNDS = 8


@operator(version=3, cost="index")
def select(rows: Frame, size: Annotated[int, "1.."], *, by: Selector, exactly: bool = False) -> Outcome:
    """Keeps a chosen number of rows, in their original order.

    With fewer rows than requested, all are kept, whatever the method, and a warning says so; another warning says if
    the method takes fewer.

    Args:
        size: the number of rows to keep.
        by: the method of selection: `random()`, `top(score)`, `k_center(text, using: embedder)`, ….
        exactly: fail if there are fewer rows, or fewer are chosen, and a `generate` above cannot make more within the
            bounds of its `until` and in eight rounds.

    Example:
        select(5k, by: k_center(prompt, using: minilm))
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.base.operator import Short
    from tunec.runtime.base.values import Bound, Outcome, drops_of, no_drops

    if rows.height < size:
        short = f"{size:,} rows were requested, but there are only {rows.height:,}"
        if exactly:
            raise Short(f"select: {short}", size - rows.height, _ROUNDS)
        return Outcome(rows, no_drops(), (short,))
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
    return Outcome(rows.filter(stays), drops, notes)
