"""TIES, against float64."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.ops.merging.tiny import alike, each, merged, trimmed, weights
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.merging.ties import ties


def reference(density: float, scale: float, shares: tuple[float, float], *given: np.ndarray) -> np.ndarray:
    """Trim each tensor, choose the sign of the weighted sum, and take the weighted mean of those that agree."""
    a, b, base = given
    changes = np.stack([trimmed(a - base, density), trimmed(b - base, density)])
    weight = np.array(shares).reshape(2, *[1] * a.ndim)
    sign = np.where((changes * weight).sum(0) >= 0, 1.0, -1.0)
    agree = np.sign(changes) == sign
    sums, counts = (changes * weight * agree).sum(0), (weight * agree).sum(0)
    return base + scale * np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)


def test_what_is_small_or_contradictory_is_left_out(tiny: list[ModelSpec], folders: list[Path], tmp_path: Path) -> None:
    found = merged(ties(tiny[2], density=0.5, weights=[1, 2], scale=0.8), tiny[:2], tmp_path)
    alike(found, each(lambda *given: reference(0.5, 0.8, (1, 2), *given), *map(weights, folders)))


def test_half_of_the_changes_stay_where_nothing_is_said(
    tiny: list[ModelSpec], folders: list[Path], tmp_path: Path
) -> None:
    found = merged(ties(tiny[2]), tiny[:2], tmp_path)
    alike(found, each(lambda *given: reference(0.5, 1, (1, 1), *given), *map(weights, folders)))
