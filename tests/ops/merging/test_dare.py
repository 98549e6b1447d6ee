"""DARE: what is dropped, what it is made up with, and the seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.ops.merging.tiny import Weights, each, merged, model, weights
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.merging.dare import dare


def changes(found: Weights, base: Weights) -> np.ndarray:
    both = each(lambda a, b: a - b, found, base)
    return np.concatenate([both[name].ravel() for name in sorted(both) if "norm" not in name])


def test_the_stated_share_of_changes_stays_as_it_is(tiny: list[ModelSpec], folders: list[Path], tmp_path: Path) -> None:
    found = merged(dare(tiny[2], density=0.3, rescale=False), tiny[:1], tmp_path)
    made, whole = (changes(w, weights(folders[2])) for w in (found, weights(folders[0])))
    kept = np.abs(made) > 1e-9
    assert abs(kept.mean() - 0.3) < 0.03  # of about 1,900 changes
    np.testing.assert_allclose(made[kept], whole[kept], atol=1e-6)


def test_what_stays_makes_up_for_what_is_dropped(tiny: list[ModelSpec], folders: list[Path], tmp_path: Path) -> None:
    found = merged(dare(tiny[2], density=0.5), tiny[:1], tmp_path)
    made = each(lambda a, c: a - c, found, weights(folders[2]))
    whole = each(lambda a, c: a - c, weights(folders[0]), weights(folders[2]))
    for name in made:
        if "norm" not in name:  # the norms are alike in all of them
            assert np.isclose(np.abs(made[name]).sum(), np.abs(whole[name]).sum(), rtol=1e-3), name


def test_the_seed_draws_what_is_dropped(tiny: list[ModelSpec], tmp_path: Path) -> None:
    def drawn(seed: int, name: str) -> np.ndarray:
        (tmp_path / name).mkdir()
        return merged(dare(tiny[2], density=0.5), tiny[:2], tmp_path / name, seed)["model.embed_tokens.weight"]

    first = drawn(1, "a")
    assert (first == drawn(1, "b")).all() and (first != drawn(2, "c")).any()


def test_signs_leave_out_what_contradicts(tmp_path: Path) -> None:
    specs = [model(tmp_path / str(seed), seed) for seed in range(3)]
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    base, whole = weights(tmp_path / "2"), {"density": 1.0, "weights": [1, 1]}
    one, two = (changes(weights(tmp_path / str(n)), base) for n in (0, 1))
    agreed = changes(merged(dare(specs[2], signs=True, **whole), specs[:2], tmp_path / "with"), base)
    plain = changes(merged(dare(specs[2], **whole), specs[:2], tmp_path / "without"), base)
    np.testing.assert_allclose(plain, one + two, atol=1e-6)
    larger = np.where(np.abs(one) >= np.abs(two), one, two)
    np.testing.assert_allclose(agreed, np.where(np.sign(one) == np.sign(two), one + two, larger), atol=1e-6)
