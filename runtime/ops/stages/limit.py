"""The first rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.base.values import Frame, Outcome


@operator(version=1)
def limit(rows: Frame, count: Annotated[int, "1.."]) -> Outcome:
    """Keeps the first rows.

    Args:
        count: the maximum number of rows.

    Example:
        limit(10k)
    """
    import polars as pl

    from tunec.runtime.base.values import Outcome, drops_of

    gone = pl.Series(range(min(count, rows.height), rows.height), dtype=pl.UInt32)
    return Outcome(rows.head(count), drops_of(gone, f"limit({count})", (gone + 1).cast(pl.String), f"<= {count}"))
