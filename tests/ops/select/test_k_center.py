from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import TINY, context, instructions
from tunec.runtime.base.values import EmbedderSpec
from tunec.runtime.ops.select.k_center import k_center
from tunec.runtime.text.farthest import fixed_point
from tunec.runtime.text.ranks import keys


def chosen(texts: Sequence[str | None], count: int, seed: int = 7) -> list[int]:
    rows = instructions(texts)
    return k_center(rows["instruction"], using=TINY, rows=rows, count=count, ctx=context(seed)).tolist()


def by_hand(texts: Sequence[str | None], count: int, seed: int) -> list[int]:
    """Textbook: integers, every distance anew in every round."""
    known = [n for n, t in enumerate(texts) if t and t.strip()]
    points = dict(zip(known, fixed_point(context().embed(TINY, [texts[n] for n in known])).astype(int), strict=True))
    start = keys(seed, [f"r{n}" for n in range(len(texts))])
    result = [min(known, key=lambda n: (start[n], n))] if known and count else []
    distinct = {points[n].tobytes(): n for n in reversed(known)}
    while len(result) < min(count, len(distinct)):
        taken = {points[n].tobytes() for n in result}
        free = [n for key, n in distinct.items() if key not in taken]
        result.append(min(free, key=lambda n: (max(int(points[n] @ points[c]) for c in result), n)))
    rest = [n for n in known if n not in result] + [n for n in range(len(texts)) if n not in known]
    return (result + rest)[:count]


def test_the_second_is_the_farthest() -> None:
    def line(_: EmbedderSpec, texts: Sequence[str]) -> np.ndarray:
        angle = np.array([float(t) for t in texts])
        return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float16)

    rows = instructions(["0.0", "0.1", "1.5", "0.7"])
    for seed in range(8):
        picked = k_center(rows["instruction"], using=TINY, rows=rows, count=3, ctx=context(seed, line)).tolist()
        after = {0: [2, 3], 1: [2, 3], 2: [0, 3], 3: [2, 0]}
        assert picked[1:] == after[picked[0]]


def test_equal_texts_and_missing_ones_come_last() -> None:
    assert chosen(["a b", None, "a b", "c d", "  ", "c d", "e"], 7)[3:] in (
        [2, 5, 1, 4],
        [0, 5, 1, 4],
        [2, 3, 1, 4],
        [0, 3, 1, 4],
    )


def test_chinese() -> None:
    assert sorted(chosen(["今天天气好", "今天天气很好", "我爱数学"], 2)) in ([0, 2], [1, 2])


def test_nothing() -> None:
    assert chosen([], 3) == []
    assert chosen([None, None], 1) == [0]


@settings(max_examples=24, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.lists(st.sampled_from("abcdef"), max_size=4).map(" ".join)), max_size=14),
    st.integers(0, 14),
    st.integers(0, 3),
)
def test_agrees_with_the_textbook(texts: list[str | None], count: int, seed: int) -> None:
    assert chosen(texts, count, seed) == by_hand(texts, count, seed)


def test_sums_are_exact_in_any_order() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((50, 384))
    points = fixed_point((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16))
    exact = points.astype(np.int64) @ points.astype(np.int64).T
    assert (points @ points.T == exact).all()
    assert (points[:, ::-1] @ points[:, ::-1].T == exact).all()
    assert exact.max() < 2**24
    assert isinstance(pl.Series(points[0]).dtype, pl.Float32)
