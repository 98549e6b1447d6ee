from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import TINY, bag, bound, conserved, context, instructions
from tests.ops.select.points import TEXTS, degrees, known
from tunec.runtime.ops.select.deita import deita
from tunec.runtime.ops.stages.select import select
from tunec.runtime.text.vectors import cosines


def chosen(
    texts: Sequence[str | None],
    scores: Sequence[float | None],
    count: int,
    cosine: float = 0.9,
    embed=bag,
) -> list[int]:
    text, score = instructions(texts)["instruction"], pl.Series(scores, dtype=pl.Float64)
    return deita(score, text, using=TINY, cosine=cosine, count=count, ctx=context(7, embed)).tolist()


def by_hand(texts: Sequence[str | None], scores: Sequence[float | None], count: int, cosine: float) -> list[int]:
    rows = known(texts)
    vectors = dict(zip(rows, context().embed(TINY, [str(texts[n]) for n in rows]), strict=True)) if rows else {}
    kept: list[int] = []
    for n in sorted(range(len(texts)), key=lambda n: (scores[n] is None, -(scores[n] or 0), n)):
        near = False
        for m in kept:
            if n in vectors and m in vectors:
                same = np.array_equal(vectors[n], vectors[m])
                value = 1.0 if same else min(float(cosines(vectors[n][None], vectors[m][None])[0]), 1 - 1e-16)
                near |= value > cosine
        if not near and len(kept) < count:
            kept.append(n)
    return kept


def test_the_best_that_are_far_enough() -> None:
    # cos 20° = 0.94 is too near, cos 30° = 0.87 is not.
    assert chosen(["0", "20", "30", "90"], [3, 4, 1, 2], 4, embed=degrees) == [1, 3]
    assert chosen(["0", "20", "30", "90"], [4, 3, 1, 2], 4, embed=degrees) == [0, 3, 2]
    assert chosen(["0", "20", "30", "90"], [4, 3, 1, 2], 2, embed=degrees) == [0, 3]


def test_a_row_on_the_threshold_is_taken() -> None:
    assert chosen(["0", "0"], [1, 2], 2, cosine=1.0, embed=degrees) == [1, 0]
    assert chosen(["0", "0"], [1, 2], 2, cosine=0.999, embed=degrees) == [1]


def test_missing_scores_and_texts() -> None:
    assert chosen(["0", "90", "180"], [None, float("nan"), -5], 3, embed=degrees) == [2, 0, 1]
    assert chosen([None, "甲乙", " ", "甲乙"], [1, 2, 3, 2], 4) == [2, 1, 0]
    assert chosen([], [], 2) == []


def test_chinese() -> None:
    assert chosen(["今天天气好", "今天天气很好", "我爱数学"], [1, 2, 0], 3, cosine=0.7) == [1, 2]


def test_fewer_than_asked_for_is_said() -> None:
    rows = instructions(["a b", "a b", "c d"], score=[1.0, 2.0, 3.0])
    by = bound(
        "deita(score)",
        lambda frame, count: deita(frame["score"], frame["instruction"], using=TINY, count=count, ctx=context()),
    )
    outcome = select(rows, 3, by=by)
    assert outcome.rows["id"].to_list() == ["r1", "r2"]
    assert outcome.notes == ("3 rows were asked for, and `deita` takes 2 of 3",)
    conserved(rows, outcome)


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.data(), st.integers(1, 12), st.sampled_from([0.0, 0.5, 0.9, 1.0]))
def test_agrees_with_the_textbook(texts: list[str | None], data: st.DataObject, count: int, cosine: float) -> None:
    values = st.one_of(st.none(), st.sampled_from([0.0, 1.0, 2.0]))
    scores = data.draw(st.lists(values, min_size=len(texts), max_size=len(texts)))
    assert chosen(texts, scores, count, cosine) == by_hand(texts, scores, count, cosine)


def test_blocks_change_nothing(monkeypatch) -> None:
    texts = [f"w{n % 13} x{n % 5} y{n % 31}" for n in range(90)]
    scores = [float(n * 37 % 41) for n in range(90)]
    whole = chosen(texts, scores, 60, 0.6)
    monkeypatch.setattr("tunec.runtime.text.apart._BLOCK", 7)
    assert chosen(texts, scores, 60, 0.6) == whole == by_hand(texts, scores, 60, 0.6)
