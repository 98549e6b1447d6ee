from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import context
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.dedup.near import near

DATA = Path(__file__).parents[3] / "../shared/data/instruct/alpaca_52k.parquet"


def pairs(texts: list[str | None], **options: float) -> dict[tuple[int, int], float]:
    found = near(pl.Series(texts, dtype=pl.String), ctx=context(), **options)
    assert found.select("left", "right").is_unique().all()
    return {(a, b): v for a, b, v in found.select("left", "right", "value").iter_rows()}


def jaccard(a: list[str], b: list[str], n: int) -> Fraction:
    def shingles(words: list[str]) -> set[tuple[str, ...]]:
        return {tuple(words[i : i + n]) for i in range(max(len(words) - n + 1, 1))}

    return Fraction(len(shingles(a) & shingles(b)), len(shingles(a) | shingles(b)))


def test_four_of_five_shingles_lie_on_the_threshold() -> None:
    # Words 1..9 have 5 shingles and 1..8 have 4 of them: 4 / 5.
    nine = "one two three four five six seven eight nine"
    assert pairs([nine, nine.removesuffix(" nine"), nine.removesuffix(" eight nine")]) == {(0, 1): 0.8}


def test_case_and_punctuation_do_not_count() -> None:
    assert pairs(["Name three primary colours, please!", "name three PRIMARY colours please"]) == {(0, 1): 1.0}


def test_a_short_text_is_one_shingle() -> None:
    assert pairs(["hello there", "Hello, there.", "hello here"]) == {(0, 1): 1.0}


def test_chinese_counts_characters() -> None:
    # Nine characters have 5 shingles; the first eight have 4 of them.
    assert pairs(["请介绍一下中国历史", "请介绍一下中国历"]) == {(0, 1): 0.8}
    assert pairs(["请介绍一下中国历史", "请介绍一下中国地理"]) == {}


def test_symbols_count() -> None:
    for left, right in (
        ("What is 7 + 3?", "What is 7 - 3?"), ("I like C++.", "I like C#."), ("if a == b", "if a != b"),
        ("it costs € 5", "it costs $ 5"), ("well done 🙂", "well done 🙁"), ("x < y", "x > y"), ("use [0]", "use {0}"),
    ):  # fmt: skip
        assert pairs([left, right]) == {}
        long = "one two three four five six seven eight nine ten eleven twelve " * 3
        assert pairs([long + left, long + right], jaccard=1.0) == {}


def test_texts_of_symbols_alone_are_compared() -> None:
    assert pairs(["🙂🙂", "🙂 🙂", "🙁🙁", "+ - *", "+ - /"]) == {(0, 1): 1.0}


def test_texts_without_words_and_symbols_are_near_to_nothing() -> None:
    assert pairs(["???", "!!!", "", None, None]) == {}


def test_a_shingle_has_a_word() -> None:
    with pytest.raises(OperatorError, match="near: `ngram` must be at least 1, not 0"):
        pairs(["a", "b"], ngram=0)


def test_one_pair_stands_for_a_class() -> None:
    nine = "one two three four five six seven eight nine"
    eight = nine.removesuffix(" nine")
    assert pairs([nine, eight, nine, eight]) == {(0, 2): 1.0, (1, 3): 1.0, (0, 1): 0.8}


@settings(max_examples=24, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=12), max_size=12),
    st.sampled_from([0.5, 0.8, 1.0]),
    st.sampled_from([1, 2, 5]),
)
def test_agrees_with_comparing_all(texts: list[list[str]], threshold: float, n: int) -> None:
    found = pairs([" ".join(words) for words in texts], jaccard=threshold, ngram=n)
    first = {tuple(words): place for place, words in reversed(list(enumerate(texts)))}
    wanted: dict[tuple[int, int], float] = {}
    for b, words in enumerate(texts):
        for a in range(b):
            value = jaccard(texts[a], words, n)
            same_words = texts[a] == words
            # Equal texts are a star, and only the first of them stands for the class.
            if same_words and first[tuple(words)] == a:
                wanted[a, b] = 1.0
            firsts = first[tuple(texts[a])] == a and first[tuple(words)] == b
            if not same_words and firsts and value >= Fraction(str(threshold)):
                wanted[a, b] = float(value)
    assert found == wanted


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="needs the shared data folder")
def test_alpaca_has_three_pairs() -> None:
    rows = pl.read_parquet(DATA)
    text = rows.select(pl.concat_str(["instruction", "input", "output"], separator="\n")).to_series()
    found = near(text, ctx=context()).sort(-pl.col("value"), "left")
    assert found.select("left", "right").rows() == [(20345, 27354), (742, 10589), (26965, 48503)]
    assert found["value"][0] >= 0.9
    assert found["value"][2] == 0.8
