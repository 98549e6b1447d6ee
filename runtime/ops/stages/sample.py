"""A random part of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Outcome, Portions


@operator(version=1, random=True)
def sample(rows: Portions, size: Annotated[int, "1.."], *, ctx: Context) -> Outcome:
    """Keeps rows drawn with the seed, in their original order; if there are not enough, all of them, with a warning.

    As a source, `sample(NAME, SIZE)` is a part of the rows of another declaration, which keep their origin. Rows are
    ranked by a hash of the seed and their id, so a row that is added or removed upstream changes one row of the sample.

    Args:
        size: the number of rows to keep.

    Example:
        source few = sample(tasks, 5k)
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.base.values import Outcome, drops_of, no_drops
    from tunec.runtime.rows.portions import portioned
    from tunec.runtime.text.ranks import order

    held = portioned(rows)
    if rows.height <= size:
        short = f"a sample of {size:,} rows was requested, but there are only {rows.height:,}"
        return Outcome(held.taken(), no_drops(), (short,) if rows.height < size else ())
    stays = np.zeros(rows.height, dtype=np.bool_)
    stays[order(ctx.seed, held.column("id"))[:size]] = True
    gone = pl.Series(np.flatnonzero(~stays))
    drops = drops_of(gone, "sample", pl.repeat("not drawn", len(gone), eager=True), f"{size} rows")
    return Outcome(held.kept(stays), drops)
