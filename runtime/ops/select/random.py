"""A random choice of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunec.runtime.base.context import Context
    from tunec.runtime.base.values import Count, Frame


@operator(version=1, random=True)
def random(rows: Frame, count: Count, ctx: Context) -> NDArray[np.int64]:
    """Draws rows at random with the seed.

    Rows are ranked by a hash of the seed and their id, so a row that is added or removed upstream changes one row of
    the selection, not all.

    Example:
        select(5k, by: random())
    """
    from tunec.runtime.text.ranks import order

    return order(ctx.seed, rows["id"].to_list())[:count]
