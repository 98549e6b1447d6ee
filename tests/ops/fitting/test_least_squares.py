"""The fit, on subsets whose true weights are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.needs import needs
from tests.ops.material import context
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.fitting.least_squares import least_squares

needs("statsmodels")

TRUE = {"intercept": 0.5, "length": -0.02, "reward": -0.3}


def synthetic(seed: int, subsets: int = 129, noise: float = 0.02, **more: Any) -> dict[str, Any]:
    draw = np.random.default_rng(seed)
    length, reward = draw.normal(20, 3, subsets), draw.normal(0, 1, subsets)
    logs = TRUE["intercept"] + TRUE["length"] * length + TRUE["reward"] * reward + draw.normal(0, noise, subsets)
    indicators = {"length": length.tolist(), "reward": reward.tolist(), **{n: f(length) for n, f in more.items()}}
    return least_squares(ctx=context())(indicators, np.exp(logs).tolist())


def test_known_weights_are_recovered_within_their_intervals() -> None:
    inside = 0
    for seed in range(40):
        found = synthetic(seed)
        inside += sum(w["low"] <= TRUE[w["name"]] <= w["high"] for w in found["weights"])
        assert found["r2"] > 0.99
        assert found["error_left_out"] == pytest.approx(0.02, rel=0.3)
        assert found["error_of_mean"] > 10 * found["error_left_out"]
    # 95 % of 120 intervals, and what chance allows.
    assert 108 <= inside <= 120


def test_it_warns_of_what_cannot_be_trusted() -> None:
    assert synthetic(1)["warnings"] == []
    twin = synthetic(1, double=lambda length: (2 * length + 0.01 * np.sin(length)).tolist())
    assert any(w.startswith("collinear") and "`length`" in w and "`double`" in w for w in twin["warnings"])
    assert min(w["inflation"] for w in twin["weights"] if w["name"] in ("length", "double")) > 10
    idle = synthetic(2, idle=lambda length: np.random.default_rng(0).normal(size=len(length)).tolist())
    assert any(w.startswith("may as well be 0") and "`idle`" in w and "`length`" not in w for w in idle["warnings"])
    few = synthetic(3, subsets=12)
    assert any("12 subsets are few for 2 indicators" in w for w in few["warnings"])
    lost = synthetic(4, noise=50.0, subsets=30)
    assert any("no better than the mean" in w for w in lost["warnings"])


def test_the_numbers_of_a_small_fit_by_hand() -> None:
    # log loss = 1, 2, 2, 4, 3 at 0, 1, 2, 3, 4: slope 0.6, intercept 1.2, R2 = 3.6 / 5.2.
    losses = np.exp([1.0, 2.0, 2.0, 4.0, 3.0]).tolist()
    found = least_squares(folds=5, ctx=context())({"x": [0.0, 1.0, 2.0, 3.0, 4.0]}, losses)
    assert [w["value"] for w in found["weights"]] == pytest.approx([1.2, 0.6])
    assert found["r2"] == pytest.approx(3.6 / 5.2)
    assert found["folds"] == 5 and found["subsets"] == 5


def test_what_cannot_be_fitted() -> None:
    fit = least_squares(ctx=context())
    with pytest.raises(OperatorError, match="1 indicators need at least 4 subsets, not 3"):
        fit({"x": [1.0, 2.0, 3.0]}, [1.0, 2.0, 3.0])
    with pytest.raises(OperatorError, match="`y` is the same in every subset"):
        fit({"y": [1.0] * 5}, [1.0, 2.0, 3.0, 4.0, 5.0])
