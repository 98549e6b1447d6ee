from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, TINY, bag, context
from tunec.runtime.base.context import Context
from tunec.runtime.ops.functions.similarity import similarity

WORDS = st.lists(st.sampled_from(["red", "green", "blue"]), max_size=3).map(" ".join)
PAIRS = st.lists(st.tuples(*[st.none() | WORDS | st.text("今天 学", max_size=4)] * 2), max_size=6)


def of(pairs: list[tuple[str | None, str | None]], ctx: Context | None = None) -> list[float | None]:
    left, right = (pl.Series([pair[side] for pair in pairs], dtype=pl.String) for side in (0, 1))
    return similarity(left, right, using=TINY, ctx=ctx or context()).to_list()


def test_by_hand() -> None:
    same, other, *rest = of([("red green", "green red"), ("今天", "学习"), (None, "x"), ("x", " "), ("", None)])
    assert same == pytest.approx(1, abs=1e-3)
    assert other is not None and abs(other) < 0.5
    assert rest == [None, None, None]
    assert of([]) == []


def test_exact_vectors() -> None:
    known = {"east": [1, 0], "north": [0, 1], "西": [-1, 0], "north-east": [0.6, 0.8]}
    ctx = context(embed=lambda _, texts: np.array([known[text] for text in texts], dtype=np.float16))
    pairs = [("east", "east"), ("east", "north"), ("east", "西"), ("north", "north-east")]
    assert of(pairs, ctx) == [1, 0, -1, pytest.approx(0.8, abs=1e-3)]


@pytest.mark.model
def test_meaning(minilm: Context) -> None:
    near, far = of(
        [("How do I boil an egg?", "Boiling eggs"), ("How do I boil an egg?", "The stock market fell")], minilm
    )
    assert near is not None and far is not None and near > 0.7 > 0.3 > far


@MANY
@given(PAIRS)
def test_is_the_cosine_of_the_vectors(pairs: list[tuple[str | None, str | None]]) -> None:
    assert of([(b, a) for a, b in pairs]) == of(pairs)
    for (a, b), value in zip(pairs, of(pairs), strict=True):
        if not (a and b and a.strip() and b.strip()):
            assert value is None
            continue
        x, y = bag(TINY, [a, b]).astype(float)
        assert value == pytest.approx(x @ y / np.linalg.norm(x) / np.linalg.norm(y))
