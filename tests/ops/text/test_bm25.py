from __future__ import annotations

from math import log

import pytest

from tunec.runtime.text.bm25 import Bm25Pool


def test_by_hand() -> None:
    pool = Bm25Pool(0.5)
    for text in ("a b", "c d e f", "g h i"):
        pool.add(text.split())
    # `a` is in one of three texts: idf ln(2.5 / 1.5). The first text has 2 words, the mean is 3.
    idf = log(2.5 / 1.5)
    score = idf * 2.5 / (1 + 1.5 * (0.25 + 0.75 * 2 / 3))
    assert pool.scores(["a"]).tolist() == [pytest.approx(score), 0, 0]
    assert pool.scores(["a", "a"])[0] == pytest.approx(2 * score)
    match = pool.match(["a"])
    assert match is not None
    assert (match.number, match.score) == (0, pytest.approx(score))
    assert pool.match(["x"]) is None


def test_a_word_of_most_texts_counts_a_quarter_of_the_mean() -> None:
    pool = Bm25Pool(0.0)
    for text in ("a b", "a c", "a d", "e f", "g h"):
        pool.add(text.split())
    idfs = [log(2.5 / 3.5), *[log(4.5 / 1.5)] * 7]
    assert pool.scores(["a"])[0] == pytest.approx(0.25 * sum(idfs) / 8 * 2.5 / 2.5)


def test_an_empty_pool_matches_nothing() -> None:
    assert Bm25Pool(0.0).match(["a"]) is None
