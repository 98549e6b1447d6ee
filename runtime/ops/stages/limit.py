"""The first rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Outcome, Portions


@operator(version=1)
def limit(rows: Portions, count: Annotated[int, "1.."]) -> Outcome:
    """Keeps the first rows.

    Args:
        count: the maximum number of rows.

    Example:
        limit(10k)
    """
    import numpy as np
    import polars as pl

    from tunec.runtime.base.values import Outcome, drops_of
    from tunec.runtime.rows.portions import portioned

    gone = pl.Series(range(min(count, rows.height), rows.height), dtype=pl.UInt32)
    first = np.arange(min(count, rows.height))
    return Outcome(
        portioned(rows).taken(first), drops_of(gone, f"limit({count})", (gone + 1).cast(pl.String), f"<= {count}")
    )
