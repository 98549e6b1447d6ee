"""Sums of what models learned, against float64."""

from __future__ import annotations

from pathlib import Path

from tests.ops.merging.tiny import alike, each, merged, weights
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.merging.task_arithmetic import task_arithmetic


def test_the_sum_of_changes(tiny: list[ModelSpec], folders: list[Path], tmp_path: Path) -> None:
    found = merged(task_arithmetic(tiny[2], weights=[1, -0.5], scale=0.7), tiny[:2], tmp_path)
    alike(found, each(lambda a, b, c: c + 0.7 * ((a - c) - 0.5 * (b - c)), *map(weights, folders)))


def test_each_counts_whole_where_nothing_is_said(tiny: list[ModelSpec], folders: list[Path], tmp_path: Path) -> None:
    found = merged(task_arithmetic(tiny[2]), tiny[:2], tmp_path)
    alike(found, each(lambda a, b, c: a + b - c, *map(weights, folders)))
