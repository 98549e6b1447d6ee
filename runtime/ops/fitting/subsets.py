"""`subsets(129, rows: 1k)` in a fitted `rule`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeAlias

from tunec.runtime.base.operator import OperatorError, operator

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    #: Draws a subset of the rows of a pool, with the seed of the spec.
    Draw: TypeAlias = Callable[[pl.DataFrame, int], pl.DataFrame]


@operator(version=1)
def subsets(count: Annotated[int, "4..1000"], *, rows: Annotated[int, "1.."]) -> Draw:
    """Subsets of the rows, each fused at random shares from their sources, so that the indicators differ between them.

    The shares of a subset are drawn uniformly from all shares there are (Dirichlet with ones), and the rows of each
    source at random without replacement. A source with fewer rows than its share asks for gives all it has, and the
    others fill up. The rows need at least two sources; the more they differ in quality, the more a fit can see.

    Args:
        count: the number of subsets; more can be added later, and only they are trained then.
        rows: the rows of each.

    Source: InstructMining (2307.06290), section 3: 129 subsets of four sources.

    Example:
        rule fitted from [alpaca, dolly] {
            let length = words(response)
            subsets(129, rows: 1k)
            finetune(base)
            loss(on: held_out)
            least_squares()
        }
    """

    def draw(pool: pl.DataFrame, seed: int) -> pl.DataFrame:
        import numpy as np

        origins = sorted(pool["origin"].unique().to_list())
        if len(origins) < 2:
            raise OperatorError("subsets: the rows come from one source, and subsets are fused from at least two")
        if pool.height <= rows:
            raise OperatorError(f"subsets: {rows:,} rows each were asked for, of only {pool.height:,}")
        random = np.random.Generator(np.random.PCG64([seed, count]))
        sizes = dict(pool["origin"].value_counts().iter_rows())
        wanted = _counts(random.dirichlet(np.ones(len(origins))), np.array([sizes[o] for o in origins]), rows)
        taken = []
        for origin, many in zip(origins, wanted.tolist(), strict=True):
            places = np.flatnonzero((pool["origin"] == origin).to_numpy())
            taken.append(random.permutation(places)[:many])
        return pool[np.sort(np.concatenate(taken))]

    return draw


def _counts(shares: np.ndarray, sizes: np.ndarray, rows: int) -> np.ndarray:
    """How many rows each source gives: whole numbers by the largest remainder, none above its size, `rows` in all."""
    import numpy as np

    found = np.zeros(len(shares), dtype=np.int64)
    while (left := rows - int(found.sum())) > 0:
        open_ = found < sizes
        exact = np.where(open_, shares + 1e-12, 0)
        exact = exact / exact.sum() * left
        more = np.floor(exact).astype(np.int64)
        more[np.argsort(more - exact, kind="stable")[: left - int(more.sum())]] += 1
        found = np.minimum(found + more, sizes)
    return found
