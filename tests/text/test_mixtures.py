"""The shares that proxies say are best, where the true losses of mixtures are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import Trial
from tunec.runtime.tuning.searching.shares import Found, best_shares

SIZES = {"a": 6000, "b": 3000, "c": 1000}
EVERY = dict.fromkeys(SIZES, 1.0)


def proxies(seed: int, loss: Callable[[np.ndarray], float], noise: float, count: int = 24) -> list[Trial]:
    draw = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        counts = draw.multinomial(1000, draw.dirichlet(np.ones(3)))
        value = float(np.exp(loss(counts / 1000) + draw.normal(0, noise)))
        made.append(Trial(1000, value, dict(zip(SIZES, counts.tolist(), strict=True)), {}))
    return made


def bowl(shares: np.ndarray) -> float:
    """Least at 20 % of a, 50 % of b and 30 % of c; proportional shares are 0.22 above that."""
    return 0.5 + float(np.sum((shares - np.array([0.2, 0.5, 0.3])) ** 2))


def found(seed: int, loss: Callable[[np.ndarray], float], noise: float, **more: int) -> Found:
    return best_shares(proxies(seed, loss, noise, **more), SIZES, EVERY, seed)


def test_known_shares_are_recovered() -> None:
    for seed in range(10):
        best = found(seed, bowl, 0.01)
        shares = [best.shares.get(name, 0) for name in SIZES]
        assert shares == pytest.approx([0.2, 0.5, 0.3], abs=0.08) and sum(shares) == pytest.approx(1)
        assert best.better and best.low <= -0.24 + 0.03 and best.fit > 0.9
    exact = found(3, bowl, 0)
    assert [exact.shares[name] for name in SIZES] == pytest.approx([0.2, 0.5, 0.3], abs=0.011)
    proportional = np.array([0.6, 0.3, 0.1])
    assert exact.difference == pytest.approx(0.5 - bowl(proportional), abs=2e-3)


def test_noise_is_called_uninformative() -> None:
    # The best of thousands of mixtures always looks better than proportional shares; it is not, at 95 %.
    every = [found(seed, lambda shares: 1.0, 0.05) for seed in range(60)]
    assert all(best.difference <= 0 for best in every)
    assert sum(best.better for best in every) <= 3


def test_no_more_of_a_source_than_it_has() -> None:
    scarce = best_shares(proxies(1, lambda shares: -float(shares[2]), 0.01), SIZES, {**EVERY, "c": 0.25}, 1)
    assert scarce.shares["c"] == 0.25
    with pytest.raises(OperatorError, match="no shares give so many rows"):
        best_shares(proxies(1, bowl, 0.01), SIZES, dict.fromkeys(SIZES, 0.2), 1)


def test_too_few_proxies() -> None:
    with pytest.raises(OperatorError, match="6 proxies are too few"):
        found(1, bowl, 0.01, count=6)
    with pytest.raises(OperatorError, match="too much alike"):
        best_shares(proxies(1, bowl, 0.01)[:1] * 24, SIZES, EVERY, 1)
