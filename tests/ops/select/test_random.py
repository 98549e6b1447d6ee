from __future__ import annotations

from tests.ops.material import context, instructions
from tunec.runtime.ops.select.random import random


def test_a_row_that_goes_upstream_changes_one_place() -> None:
    rows = instructions([f"text {n}" for n in range(100)])
    chosen = {rows["id"][int(n)] for n in random(rows, 30, context())}
    fewer = rows.filter(rows["id"] != min(chosen))
    again = {fewer["id"][int(n)] for n in random(fewer, 30, context())}
    assert len(chosen) == 30
    assert len(chosen & again) == 29


def test_another_seed_chooses_others() -> None:
    rows = instructions([f"text {n}" for n in range(100)])
    assert set(random(rows, 30, context(1))) != set(random(rows, 30, context(2)))
