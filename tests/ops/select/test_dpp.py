from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import TINY, bag, context, instructions
from tests.ops.select.points import TEXTS, degrees, known
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.select.dpp import dpp
from tunec.runtime.text.farthest import SCALE, fixed_point


def chosen(
    texts: Sequence[str | None],
    count: int,
    quality: Sequence[float | None] | None = None,
    scale: float = 0.5,
    embed=bag,
) -> list[int]:
    score = None if quality is None else pl.Series(quality, dtype=pl.Float64)
    text = instructions(texts)["instruction"]
    return dpp(text, using=TINY, quality=score, scale=scale, count=count, ctx=context(7, embed)).tolist()


def kernel(texts: Sequence[str], quality: Sequence[float], scale: float) -> np.ndarray:
    points = fixed_point(context().embed(TINY, list(texts))).astype(float) / SCALE
    apart = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    return np.outer(quality, quality) / (1 + apart / scale**2)


def test_far_rows_come_first() -> None:
    # All equally good: the first row, then the one farthest from it; 1° is nearly the first again.
    assert chosen(["0", "1", "90", "45"], 4, embed=degrees) == [0, 2, 3, 1]


def test_quality_against_distance() -> None:
    # 0° and 60° lie at distance 1, where with scale 1 rows are half alike: of the variance of 60° there stays
    # 1 - 0.5² = 0.75, and of 10° next to nothing. 0.9² · 0.75 = 0.61 is more than any 10° can have.
    assert chosen(["0", "10", "60"], 3, [1.0, 0.95, 0.9], 1.0, degrees) == [0, 2, 1]
    # With a quality of 0.1, 60° has 0.0075; 10° (distance 0.174) keeps 0.9² · (1 - 1/1.0304²) = 0.047.
    assert chosen(["0", "10", "60"], 3, [1.0, 0.9, 0.1], 1.0, degrees) == [0, 1, 2]


def test_of_copies_the_best_and_what_has_no_quality_last() -> None:
    assert chosen(["0", "90", "0"], 3, [0.5, 0.6, 1.0], embed=degrees) == [2, 1, 0]
    assert chosen(["0", "90", "45"], 3, [None, 0.5, -1.0], embed=degrees) == [1, 0, 2]
    assert chosen(["0", "90"], 2, [float("nan"), 0.0], embed=degrees) == [0, 1]


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(OperatorError, match="above 0"):
        chosen(["0"], 1, scale=0)
    with pytest.raises(OperatorError, match="infinite"):
        chosen(["0"], 1, [float("inf")], embed=degrees)


def test_chinese_and_missing_texts() -> None:
    texts = ["今天天气好", None, "今天天气很好", "我爱数学"]
    assert chosen(texts, 4) == [0, 3, 2, 1]
    assert chosen([], 3) == []


@settings(max_examples=32, deadline=None)
@given(TEXTS, st.data())
def test_every_step_has_the_largest_determinant(texts: list[str | None], data: st.DataObject) -> None:
    quality = data.draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=len(texts), max_size=len(texts)))
    result = chosen(texts, len(texts), quality)
    rows = known(texts)
    assert sorted(result) == list(range(len(texts)))
    assert set(result[: len(rows)]) == set(rows)
    if not rows:
        return
    whole = kernel([str(texts[n]) for n in rows], [quality[n] / max(quality[m] for m in rows) for n in rows], 0.5)
    at = {n: place for place, n in enumerate(rows)}
    for step in range(len(rows)):
        before = [at[n] for n in result[:step]]
        of = {n: float(np.linalg.det(whole[np.ix_([*before, at[n]], [*before, at[n]])])) for n in rows}
        best = max(of[n] for n in rows if n not in result[:step])
        assert of[result[step]] >= best - 1e-8


def test_a_table_on_the_disk_changes_nothing(monkeypatch) -> None:
    texts = [f"w{n % 13} x{n % 5} y{n}" for n in range(40)]
    whole = chosen(texts, 20)
    monkeypatch.setattr("tunec.runtime.text.determinant._IN_MEMORY", 100)
    assert chosen(texts, 20) == whole
