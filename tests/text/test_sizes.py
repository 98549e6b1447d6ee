"""The sizes that a search tries, as a function of what was tried before."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.tuning.searching import sizes
from tunec.runtime.tuning.searching.sizes import next_size

Loss = Callable[[int], float]


def searched(low: int, high: int, trials: int, loss: Loss, seed: int = 3) -> list[int]:
    tried: list[tuple[int, float]] = []
    for _ in range(trials):
        size = next_size(low, high, tried, seed)
        tried.append((size, loss(size)))
    return [size for size, _ in tried]


def valley(size: int) -> float:
    """Falls to 300 rows and rises after them."""
    return abs(math.log(size / 300))


def test_it_starts_low_and_finds_the_valley() -> None:
    pytest.importorskip("flaml")
    for seed in range(3):
        found = searched(16, 4000, 16, valley, seed)
        assert found[0] == 16 and all(16 <= size <= 4000 for size in found) and len(set(found)) == 16
        assert min(map(valley, found)) < 0.5
    assert searched(16, 4000, 8, valley, 1) != searched(16, 4000, 8, valley, 2)
    assert searched(16, 4000, 8, valley) == searched(16, 4000, 8, valley)
    # What comes next depends on the losses.
    assert searched(16, 4000, 8, valley) != searched(16, 4000, 8, float)


def test_every_size_is_tried_where_there_are_no_more() -> None:
    pytest.importorskip("flaml")
    assert sorted(searched(2, 13, 12, valley)) == list(range(2, 14))


def test_a_history_that_it_would_not_have_made() -> None:
    pytest.importorskip("flaml")
    with pytest.raises(OperatorError, match="does not propose 17 rows"):
        next_size(16, 4000, [(17, 1.0)], 3)


def test_without_flaml_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "find_spec", lambda name: None)
    with pytest.raises(OperatorError, match=r'pip install "tunec\[search\]"'):
        next_size(16, 4000, [], 3)


def test_ray_beside_it_changes_nothing(tmp_path: Path) -> None:
    pytest.importorskip("flaml")
    # Whoever takes anything of this Ray ends.
    (tmp_path / "ray/tune").mkdir(parents=True)
    (tmp_path / "ray/__init__.py").write_text('__version__ = "2.60.0"\n', encoding="utf-8")
    (tmp_path / "ray/tune/__init__.py").write_text("raise SystemExit('Ray was taken')\n", encoding="utf-8")
    code = """
import ray
from tunec.runtime.tuning.searching.sizes import next_size
print(next_size(16, 4000, [(16, 1.0)], 3), ray.__version__)
import ray as again
assert again is ray
"""
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert said.stdout.split() == [str(next_size(16, 4000, [(16, 1.0)], 3)), "2.60.0"], said.stderr
