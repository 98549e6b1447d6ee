"""The shares of sources that small proxies say are best, and whether they can say anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tunec.dsl.record import record
from tunec.runtime.base.operator import OperatorError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunec.runtime.base.values import Trial

#: Mixtures that are looked at, in whole percents.
_CANDIDATES = 20_000
_SURE = 0.95


@record
class Found:
    """The shares by origin, and how the logarithm of their loss differs from that of proportional shares: predicted,
    with an interval that holds for all mixtures at once. `fit` is R2 of the prediction."""

    shares: Mapping[str, float]
    difference: float
    low: float
    high: float
    fit: float

    @property
    def better(self) -> bool:
        """Whether the proxies can tell these shares from proportional ones."""
        return self.high < 0


def best_shares(proxies: Sequence[Trial], sizes: Mapping[str, int], available: Mapping[str, float], seed: int) -> Found:
    """The shares with the least loss that the losses of proxies predict. `sizes` are the rows of each source, by
    origin, `available` the largest share that it can give.

    The logarithm of the loss is fitted as a sum over the shares and over the products of two of them (Scheffé's
    quadratic mixture model), by least squares. The best of very many mixtures looks good by chance, so the interval of
    its difference from proportional shares is the one that holds for all of them together (Scheffé's method), at 95%.

    Raises:
        OperatorError: with too few proxies for so many sources, or where they have nearly the same shares.

    Source: Scheffé, Experiments with mixtures (1958), and A method for judging all contrasts (1953); proxies at random
    shares as in RegMix (2407.01492).
    """
    import numpy as np
    from scipy.stats import f as fisher

    names = sorted(sizes)
    rows = np.array([[proxy.sources.get(name, 0) for name in names] for proxy in proxies], dtype=np.float64)
    matrix = _terms(rows / rows.sum(axis=1, keepdims=True))
    target = np.log([proxy.loss for proxy in proxies])
    count, terms = matrix.shape
    if np.linalg.matrix_rank(matrix) < terms or count <= terms:
        said = f"mix: {count} proxies are too few, or too much alike, for {len(names)} sources"
        raise OperatorError(f"{said}: search with more of them, or with more `proxy_rows`")
    weights = np.linalg.lstsq(matrix, target, rcond=None)[0]
    residual = target - matrix @ weights
    spread = float(residual @ residual) / (count - terms)
    whole = float(np.sum((target - target.mean()) ** 2))
    even = np.array([sizes[name] for name in names], dtype=np.float64)
    even /= even.sum()
    candidates = np.vstack([_mixtures(len(names), seed), even])
    candidates = candidates[(candidates <= np.array([available[name] for name in names]) + 1e-9).all(axis=1)]
    if not len(candidates):
        raise OperatorError("mix: no shares give so many rows; lower `total`, or raise `epochs`")
    best = candidates[int(np.argmin(_terms(candidates) @ weights))]
    contrast = (_terms(best[None]) - _terms(even[None]))[0]
    difference = float(contrast @ weights)
    error = spread * float(contrast @ np.linalg.solve(matrix.T @ matrix, contrast))
    half = float(np.sqrt((terms - 1) * fisher.ppf(_SURE, terms - 1, count - terms) * error))
    shares = {name: float(share) for name, share in zip(names, best, strict=True) if share}
    fit = 1 - float(residual @ residual) / whole if whole else 0.0
    return Found(shares, difference, difference - half, difference + half, fit)


def _terms(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shares and the products of two of them, shape (mixtures, k (k + 1) / 2) from (mixtures, k)."""
    import numpy as np

    left, right = np.triu_indices(shares.shape[1], 1)
    return np.hstack([shares, shares[:, left] * shares[:, right]])


def _mixtures(sources: int, seed: int) -> NDArray[np.float64]:
    """Mixtures in whole percents, those of few sources among them, shape (mixtures, sources)."""
    import numpy as np

    draw = np.random.Generator(np.random.PCG64(seed))
    drawn = np.vstack([draw.dirichlet(np.full(sources, spread), _CANDIDATES // 2) for spread in (1.0, 0.2)])
    cents = np.floor(drawn * 100).astype(np.int64)
    # What is left of a hundred goes to the largest remainders.
    order = np.argsort(np.argsort(cents - drawn * 100, axis=1, kind="stable"), axis=1, kind="stable")
    cents += order < (100 - cents.sum(axis=1))[:, None]
    return np.unique(cents, axis=0) / 100
