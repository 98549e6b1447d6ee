"""Training rows that are seen more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import AnyColumn, Outcome, Portions


@operator(version=1)
def repeat(rows: Portions, of: AnyColumn, times: Annotated[int, "1..1000"]) -> Outcome:
    """Repeats the training rows of a source, so that they are seen several times in each epoch of a training.

    Only rows of the split `train` are repeated, or all rows if there is no split. The copies keep their ids and follow
    after all other rows, one pass after another.

    Args:
        of: a source, or a condition on the row.
        times: how often each row is present afterwards; at most 1,000.

    Source: Muennighoff et al. (2305.16264): up to about four passes are worth nearly as much as new data.

    Example:
        split { train: 90%, validation: 10% }
        repeat(tasks, 3)
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.base.operator import OperatorError
    from tunec.runtime.base.values import Outcome, no_drops
    from tunec.runtime.rows.copies import check_copies, check_passes
    from tunec.runtime.rows.portions import portioned

    if times < 1:
        raise OperatorError("repeat: a row is there once at least; leave rows out with `filter`")
    check_passes("repeat", times=times)
    if of.dtype not in (pl.Boolean, pl.String):
        raise OperatorError(f"repeat: expected a source or a condition on the row, found {of.dtype}")
    held = portioned(rows)
    meant = of.fill_null(False) if of.dtype == pl.Boolean else of.eq_missing(held.column("origin"))
    if "split" in rows.columns:
        meant = meant & (held.column("split") == "train")
    again = np.flatnonzero(meant.to_numpy())
    if not len(again):
        return Outcome(held.taken(), no_drops(), ("no training row is meant",))
    copies = len(again) * (times - 1)
    check_copies("repeat", held, copies)
    note = f"{len(again):,} training rows are seen {times} times an epoch, {copies:,} of them again"
    return Outcome(
        held.taken(np.concatenate([np.arange(rows.height), *[again] * (times - 1)])), no_drops(), (note,), copies=copies
    )
