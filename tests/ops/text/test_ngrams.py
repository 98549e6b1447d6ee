from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunec.runtime.text import ngrams
from tunec.runtime.text.ngrams import Sequences, hashes, numbered, sequences


def test_the_order_of_words_counts() -> None:
    words = np.array([1, 2, 1, 2, 2], dtype=np.uint64)
    found = hashes(words, np.arange(4), 2)
    assert found[0] == found[2]
    assert len(set(found.tolist())) == 3


def test_a_short_text_is_padded_and_an_empty_one_is_not() -> None:
    texts = Sequences(np.array([1, 2, 3, 4, 5, 6], dtype=np.uint64), np.array([2, 0, 4]))
    padded = texts.padded(3)
    assert padded.words.tolist() == [1, 2, 0, 3, 4, 5, 6]
    assert [a.tolist() for a in padded.windows(3)] == [[0, 2, 2], [0, 3, 4]]


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=8), max_size=6), st.integers(1, 4))
def test_equal_numbers_equal_ngrams(texts: list[list[str]], n: int) -> None:
    words = sequences(pl.Series(texts, dtype=pl.List(pl.String)), pl.Series(["a", "b", "c"]))
    text, position = words.windows(n)
    found = numbered(words.words, position, n)
    grams = [tuple(words.words[p : p + n].tolist()) for p in position]
    wanted = [tuple(texts[t][i : i + n]) for t, words_ in enumerate(texts) for i in range(len(words_) - n + 1)]
    assert len(grams) == len(wanted) == len(text)
    assert len(set(found.number.tolist())) == len(set(grams)) == len(found.hashes)
    by_number = dict(zip(found.number.tolist(), grams, strict=True))
    assert all(by_number[k] == gram for k, gram in zip(found.number.tolist(), grams, strict=True))


def test_a_collision_is_seen_and_another_hash_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ngrams.hashes
    seeds = []

    def weak(words, position, n, seed=0):
        seeds.append(seed)
        return np.zeros(len(position), dtype=np.uint64) if seed == 0 else real(words, position, n, seed)

    monkeypatch.setattr(ngrams, "hashes", weak)
    found = numbered(np.array([1, 2, 1], dtype=np.uint64), np.arange(3), 1)
    assert seeds == [0, 1]
    assert found.number[0] == found.number[2] != found.number[1]
