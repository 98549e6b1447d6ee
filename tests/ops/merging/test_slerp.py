"""Slerp: recorded vectors, a reference in float64, schedules over layers and kinds of weights."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.ops.merging.tiny import alike, each, merged, model, slerp, weights
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.merging.slerp import slerp as operator

#: a, b, t, and what is between them, of the methods' sheet.
RECORDED = [
    ([2, 0], [0, 1], 0.25, [1.847759, 0.382683]),
    ([1, 0], [0, 1], 0.5, [0.707107, 0.707107]),
    ([1, 0], [3, 0], 0.5, [2, 0]),  # parallel: along the straight line
    ([1, 0], [-1, 0], 0.25, [0.5, 0]),
]


@pytest.mark.parametrize(("a", "b", "t", "between"), RECORDED)
def test_recorded_vectors(a: list[float], b: list[float], t: float, between: list[float]) -> None:
    pytest.importorskip("mergekit")
    import torch
    from mergekit.merge_methods.slerp import slerp as theirs

    np.testing.assert_allclose(slerp(t, np.array(a, float), np.array(b, float)), between, atol=1e-6)
    found = theirs(torch.tensor([t]), torch.tensor([a]).float(), torch.tensor([b]).float())
    np.testing.assert_allclose(found[0], between, atol=1e-6)


@pytest.mark.parametrize("t", [0, 0.25, 1])
def test_one_number_for_all_weights(tiny: list[ModelSpec], folders: list[Path], tmp_path: Path, t: float) -> None:
    found = merged(operator(t=t), tiny[:2], tmp_path)
    alike(found, each(lambda a, b: slerp(t, a, b), weights(folders[0]), weights(folders[1])))


def test_a_schedule_runs_over_the_layers_and_the_first_name_that_fits_counts(tmp_path: Path) -> None:
    pytest.importorskip("mergekit")
    specs = [model(tmp_path / str(seed), seed, num_hidden_layers=5) for seed in (3, 4)]
    schedule = [
        {"filter": "self_attn", "value": [0, 0.5, 0.3, 0.7, 1]},
        {"filter": "q_proj", "value": 1},  # every one of them is part of `self_attn`
        {"filter": "mlp", "value": [1, 0]},
        {"value": 0.5},
    ]
    found = merged(operator(t=schedule), specs, tmp_path)
    expected = {}
    a, b = weights(tmp_path / "3"), weights(tmp_path / "4")
    for name in a:
        layer = int(name.split(".")[2]) if ".layers." in name else 0
        attention, mlp = [0, 0.5, 0.3, 0.7, 1][layer], 1 - layer / 4
        expected[name] = slerp(attention if "self_attn" in name else mlp if "mlp" in name else 0.5, a[name], b[name])
    alike(found, expected)


def test_a_list_is_straight_between_its_numbers() -> None:
    pytest.importorskip("mergekit")
    from mergekit.config import evaluate_setting

    def at(layer: int) -> float:
        return float(evaluate_setting("x", [0, 0.5, 0.3, 0.7, 1], layer / 31, validate=float))

    assert [at(0), at(31)] == [0, 1]
    assert math.isclose(at(16), 0.325806, abs_tol=1e-6)  # of 32 layers, of the methods' sheet


def test_tied_embeddings_stay_tied(tmp_path: Path) -> None:
    pytest.importorskip("mergekit")
    specs: list[Any] = [model(tmp_path / str(seed), seed, tied=True) for seed in (5, 6)]
    found = merged(operator(), specs, tmp_path)
    assert "lm_head.weight" not in found
    alike(found, each(lambda a, b: slerp(0.5, a, b), weights(tmp_path / "5"), weights(tmp_path / "6")))


def test_an_entry_that_no_weight_is_named_by_is_told(tiny: list[ModelSpec], tmp_path: Path) -> None:
    pytest.importorskip("mergekit")
    with pytest.raises(
        OperatorError, match=r"`t`: no weight of .* has `self_attm` in its name: did you mean `self_attn`"
    ):
        merged(operator(t=[{"filter": "self_attm", "value": 1}, {"value": 0.5}]), tiny[:2], tmp_path)
