from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import TINY, bag, context, instructions
from tests.ops.select.points import TEXTS, degrees, known
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.select.clusters import clusters
from tunec.runtime.text.farthest import fixed_point
from tunec.runtime.text.kmeans import clustered, quotas
from tunec.runtime.text.vectors import quiet

# Six rows near 0°, three near 90°, one at 200°.
GROUPS = ["1", "2", "0", "3", "91", "90", "4", "92", "5", "200"]


def chosen(texts: Sequence[str | None], count: int, seed: int = 7, embed=bag, **more) -> list[int]:
    rows = instructions(texts)
    ctx = context(seed, embed)
    return clusters(rows["instruction"], using=TINY, rows=rows, count=count, ctx=ctx, **more).tolist()


def of_group(rows: Sequence[int]) -> list[int]:
    counts = Counter("near 0" if int(GROUPS[n]) < 45 else "90" if int(GROUPS[n]) < 150 else "200" for n in rows)
    return [counts["near 0"], counts["90"], counts["200"]]


@pytest.mark.parametrize("seed", range(6))
def test_in_proportion_and_equally(seed: int) -> None:
    # 5 of 10 rows: 3, 1.5 and 0.5 rows of the three groups. Of equal remainders one goes up.
    assert of_group(chosen(GROUPS, 5, seed, degrees, k=3)) in ([3, 2, 0], [3, 1, 1])
    assert of_group(chosen(GROUPS, 6, seed, degrees, k=3, take="equal")) in ([3, 2, 1], [2, 3, 1])
    assert of_group(chosen(GROUPS, 9, seed, degrees, k=3, take="equal")) == [5, 3, 1]


def test_the_best_of_each_cluster() -> None:
    score = pl.Series([1, 9, 2, None, 3, 4, 5, 9, 6, 0])
    assert chosen(GROUPS, 3, embed=degrees, k=3, take="equal", score=score) == [1, 7, 9]


def test_without_a_score_the_seed_draws() -> None:
    picks = {tuple(chosen(GROUPS, 3, seed, degrees, k=3, take="equal")) for seed in range(20)}
    assert len(picks) > 5
    assert chosen(GROUPS, 3, 1, degrees, k=3) == chosen(GROUPS, 3, 1, degrees, k=3)


def test_chinese_and_missing_texts() -> None:
    texts = ["今天天气好", None, "今天天气很好", "我爱数学", "我爱学数学"]
    picked = chosen(texts, 2, k=2, take="equal")
    assert len({n < 3 for n in picked}) == 2 and 1 not in picked
    assert chosen(texts, 5)[-1] == 1
    assert chosen([None, " "], 1) == [0]


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(OperatorError, match="at least 1"):
        chosen(["a"], 1, k=0)


def by_hand(points: list[list[int]], weight: list[int], centres: list[list[float]], rounds: int) -> list[int]:
    """Lloyd's iteration, one number after another, from given first centres."""
    nearest = [-1] * len(points)
    for _ in range(rounds):
        value = [[sum(a * b for a, b in zip(p, c, strict=True)) for c in centres] for p in points]
        again = [max(range(len(centres)), key=lambda c, v=v: (v[c], -c)) for v in value]
        if again == nearest:
            break
        nearest = again
        for number in range(len(centres)):
            members = [n for n, c in enumerate(nearest) if c == number]
            if not members:
                continue
            whole = sum(weight[n] for n in members)
            mean = [sum(weight[n] * points[n][d] for n in members) / whole for d in range(len(points[0]))]
            length = sum(m * m for m in mean) ** 0.5
            if length > 1:
                centres[number] = [m / length * 4000 for m in mean]
    return nearest


def test_agrees_with_lloyd_by_hand() -> None:
    angles = [str(a) for a in (0, 10, 25, 50, 70, 100, 130, 170, 200, 220, 300)]
    vectors = degrees(TINY, angles)
    weight = np.array([1, 2, 1, 3, 1, 1, 5, 1, 1, 2, 1])
    points = fixed_point(vectors).astype(int).tolist()
    for seed in range(12):
        first = clustered(vectors, weight, 3, seed, 1, quiet)
        from tunec.runtime.text.kmeans import _first_centres

        centres = _first_centres(fixed_point(vectors), weight, 3, seed).astype(float).tolist()
        assert first.tolist() == by_hand(points, weight.tolist(), [list(c) for c in centres], 1)
        assert clustered(vectors, weight, 3, seed, 25, quiet).tolist() == by_hand(points, weight.tolist(), centres, 25)


@settings(max_examples=24, deadline=None)
@given(TEXTS, st.integers(0, 12), st.integers(1, 5), st.booleans())
def test_as_many_as_asked_for_and_those_without_text_last(
    texts: list[str | None], count: int, k: int, even: bool
) -> None:
    picked = chosen(texts, count, k=k, take="equal" if even else "proportional")
    assert len(set(picked)) == len(picked) == min(count, len(texts))
    missing = [n for n in picked if n not in known(texts)]
    assert not missing or len(picked) - len(missing) == len(known(texts))


@given(st.lists(st.integers(0, 20), max_size=6), st.integers(0, 80))
def test_quotas(sizes: list[int], count: int) -> None:
    wanted = min(count, sum(sizes))
    even, proportional = quotas(sizes, count, even=True), quotas(sizes, count, even=False)
    for given_ in (even, proportional):
        assert sum(given_) == wanted
        assert all(0 <= g <= s for g, s in zip(given_, sizes, strict=True))
    if sum(sizes):
        share = Fraction(wanted, sum(sizes))
        assert all(abs(g - s * share) < 1 for g, s in zip(proportional, sizes, strict=True))
    short = [g for g, s in zip(even, sizes, strict=True) if g < s]
    assert not short or max(even) - min(short) <= 1
