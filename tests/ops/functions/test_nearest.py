from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import TINY, context
from tests.ops.select.points import degrees
from tunec.runtime.base.context import Context
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.functions.nearest import nearest
from tunec.runtime.text import neighbours, vectors

Embed = Callable[..., np.ndarray]


def distances(texts: list[str | None], embed: Embed = degrees, ctx: Context | None = None, **more: Any) -> list[Any]:
    column = pl.Series("prompt", texts, dtype=pl.String)
    return nearest(column, using=TINY, ctx=ctx or context(embed=embed), **more).to_list()


def test_the_kth_neighbour() -> None:
    # 0° and 60° are 1/2 apart, 0° and 90° are 1; half precision of the vectors shows in the fourth decimal.
    assert distances(["0", "60", "90"], k=1) == pytest.approx([0.5, 0.134, 0.134], abs=1e-3)
    assert distances(["0", "60", "90"], k=2) == pytest.approx([1, 0.5, 1], abs=1e-3)
    assert distances(["0", "60", "180"], k=1, distance="euclidean") == pytest.approx([1, 1, 3**0.5], abs=1e-3)


def test_copies_are_neighbours_at_no_distance() -> None:
    assert distances(["0", "0", "60"], k=1) == pytest.approx([0, 0, 0.5], abs=1e-3)
    assert distances(["0", "0", "60"], k=2)[0] == pytest.approx(0.5, abs=1e-3)
    assert distances(["0", "0", "0", "60"], k=2)[:3] == [0, 0, 0]


def test_the_sixth_unless_said_otherwise() -> None:
    angles = ["0", "10", "20", "30", "40", "50", "60", "70"]
    assert distances(angles)[0] == distances(angles, k=6)[0] != distances(angles, k=5)[0]


def test_fewer_rows_than_that_are_missing_and_told() -> None:
    said: list[tuple[str, int]] = []
    quiet = context(embed=degrees)
    counting = Context(7, quiet.embed, quiet.progress, missing=lambda reason, rows: said.append((reason, rows)))
    assert distances(["0", None, "10", " "], ctx=counting, k=2) == [None] * 4
    assert said == [("`nearest` has no value: fewer than 2 other rows", 2)]
    assert distances(["0", None, "10", " "], k=1)[1::2] == [None, None]
    assert distances([]) == []
    with pytest.raises(OperatorError, match="1 or more"):
        distances(["0"], k=0)


def plain(texts: list[str | None], embed: Embed, k: int) -> list[float | None]:
    known = [t for t in texts if t is not None]
    vectors = embed(TINY, known).astype(np.float64)
    length = np.linalg.norm(vectors, axis=1)
    found: list[float | None] = []
    for i in range(len(known)):
        others = sorted(
            1 - float(vectors[i] @ vectors[j]) / (length[i] * length[j]) for j in range(len(known)) if j != i
        )
        found.append(others[k - 1] if len(others) >= k else None)
    values = iter(found)
    return [None if t is None else next(values) for t in texts]


@given(
    st.lists(st.none() | st.integers(0, 90).map(str), max_size=14),
    st.integers(1, 5),
    st.integers(1, 9),
)
def test_the_same_as_the_plain_loop_whatever_the_blocks(texts: list[str | None], k: int, held: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "_HELD", held)
        patch.setattr(vectors, "_CHUNK", 3)
        found = distances(texts, k=k)
    for one, wanted in zip(found, plain(texts, degrees, k), strict=True):
        assert (one is None) == (wanted is None)
        assert one is None or one == pytest.approx(wanted, abs=1e-9)


@pytest.mark.model
def test_with_minilm_what_stands_alone_is_far(minilm: Context) -> None:
    texts = ["How do I boil an egg?", "How long does an egg have to boil?", "Explain the theory of plate tectonics."]
    near, also, far = distances([*texts, "怎么煮鸡蛋？", "煮鸡蛋需要多长时间？"], ctx=minilm, k=1)[:3]
    assert max(near, also) < 0.4 < far
