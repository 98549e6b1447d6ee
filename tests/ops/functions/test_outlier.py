from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.needs import needs
from tests.ops.material import TINY, context
from tests.ops.select.points import degrees
from tunec.runtime.base.context import Context
from tunec.runtime.ops.functions.outlier import outlier

needs("sklearn")


def factors(texts: list[str | None], **more: Any) -> list[Any]:
    column = pl.Series("prompt", texts, dtype=pl.String)
    return outlier(column, using=TINY, ctx=context(embed=degrees), **more).to_list()


def plain(angles: list[float], k: int) -> list[float]:
    """The definition of Breunig et al., step by step."""
    points = np.array([[np.cos(np.radians(a)), np.sin(np.radians(a))] for a in angles])
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    order = np.argsort(apart + np.diag([np.inf] * len(angles)), axis=1)[:, :k]
    reach = np.take_along_axis(apart, order[:, k - 1 :], 1)[:, 0]
    density = [k / sum(max(reach[o], apart[i, o]) for o in order[i]) for i in range(len(angles))]
    return [sum(density[o] for o in order[i]) / k / density[i] for i in range(len(angles))]


def test_the_definition() -> None:
    angles = [0.0, 3.0, 7.0, 12.0, 60.0]
    found = factors([f"{a:g}" for a in angles], k=2)
    # Half precision of the vectors shows where angles are small.
    assert found == pytest.approx(plain(angles, 2), rel=0.05)
    assert found[4] > 3 > 1.5 > max(found[:4])


def test_a_loose_crowd_is_a_crowd() -> None:
    dense, loose = ["0", "1", "2", "3"], ["60", "70", "80", "90"]
    assert max(factors([*dense, *loose], k=2)) < 1.5
    # As far from the dense crowd as the loose ones are from one another: that is far, here.
    assert factors([*dense, "13", *loose], k=2)[4] > 3


def test_copies_do_not_vouch_for_one_another() -> None:
    once = factors(["0", "3", "7", "12", "60"], k=2)
    found = factors(["0", "3", "7", "12", "60", "60", "60"], k=2)
    assert found[4:] == [once[4]] * 3
    assert found[:4] == once[:4]


def test_too_few_texts_are_missing_and_told() -> None:
    said: list[tuple[str, int]] = []
    quiet = context(embed=degrees)
    counting = Context(7, quiet.embed, quiet.progress, missing=lambda reason, rows: said.append((reason, rows)))
    column = pl.Series(["0", None, "10", " ", "20"], dtype=pl.String)
    assert outlier(column, using=TINY, ctx=counting).to_list() == [None] * 5
    assert said == [("`outlier` has no value: fewer than 20 other texts", 3)]
    assert factors(["0", None, "10", " ", "20"], k=2)[1::2] == [None, None]
    assert factors([]) == []
