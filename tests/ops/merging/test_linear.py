"""The mean of models, against float64."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops.merging.tiny import alike, each, merged, weights
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.merging.linear import linear


def test_the_weighted_mean(tiny: list[ModelSpec], folders: list[Path], tmp_path: Path) -> None:
    found = merged(linear(weights=[1, 3]), tiny[:2], tmp_path)
    alike(found, each(lambda a, b: (a + 3 * b) / 4, weights(folders[0]), weights(folders[1])))


def test_without_weights_all_count_alike(tiny: list[ModelSpec], folders: list[Path], tmp_path: Path) -> None:
    found = merged(linear(), tiny, tmp_path)
    alike(found, each(lambda *all_: sum(all_) / 3, *map(weights, folders)))


def test_not_normalized(tiny: list[ModelSpec], folders: list[Path], tmp_path: Path) -> None:
    found = merged(linear(weights=[1, -0.5], normalize=False), tiny[:2], tmp_path)
    alike(found, each(lambda a, b: a - 0.5 * b, weights(folders[0]), weights(folders[1])))


def test_weights_that_add_up_to_nothing() -> None:
    with pytest.raises(OperatorError, match="add up to 0"):
        linear(weights=[1, -1])
    linear(weights=[1, -1], normalize=False)
