"""The rows with the highest score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.base.operator import operator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunec.runtime.base.values import Count, FloatColumn


@operator(version=1)
def top(score: FloatColumn, *, count: Count) -> NDArray[np.int64]:
    """Takes the rows with the highest score; among equals, the first.

    Args:
        score: the score to compare; rows without one come last.

    Example:
        select(5k, by: top(quality))
    """
    import numpy as np
    import polars as pl

    values = score.cast(pl.Float64).fill_nan(None)
    order = np.lexsort((-values.fill_null(0).to_numpy(), values.is_null().to_numpy()))
    return order[:count].astype(np.int64)
