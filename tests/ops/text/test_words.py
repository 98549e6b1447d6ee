from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.runtime.text.words import count_tokens, count_words, flat_units, units, words


def of(function, text: str | None):
    return function(pl.Series([text], dtype=pl.String)).to_list()[0]


def test_words_are_lower_cased_runs() -> None:
    assert of(words, "It's 3.5 km_away, Ünder!") == ["it", "s", "3", "5", "km_away", "ünder"]


def test_chinese_is_segmented_for_words_and_cut_into_characters_for_units() -> None:
    assert of(words, "我来到北京清华大学，今天ABC很好") == [
        "我", "来到", "北京", "清华大学", "今天", "abc", "很", "好",
    ]  # fmt: skip
    assert of(units, "北京ABC很好") == ["北", "京", "abc", "很", "好"]


def test_other_scripts_without_spaces() -> None:
    assert of(words, "水を飲みます、コーヒー") == ["水", "を", "飲", "みます", "コーヒー"]
    assert of(words, "น้ำดี") == ["น้", "ำ", "ดี"]
    assert of(words, "한국어 단어") == ["한국어", "단어"]
    assert of(words, "हिन्दी में") == ["हिन्दी", "में"]


def test_missing_and_empty() -> None:
    assert count_words(pl.Series([None, "", "…", "中", "a b"], dtype=pl.String)).to_list() == [None, 0, 0, 1, 2]


def test_texts_of_all_scripts_keep_their_places() -> None:
    texts = ["one two", "北京很好", None, "", "three", "abc 今天"]
    wanted = [["one", "two"], ["北京", "很", "好"], None, [], ["three"], ["abc", "今天"]]
    assert words(pl.Series(texts)).to_list() == wanted
    assert words(pl.Series(texts[2:4], dtype=pl.String)).to_list() == [None, []]


def test_tokens_count_marks_too() -> None:
    assert count_tokens(pl.Series(["Hi, you!", "你好。", None])).to_list() == [4, 3, 0]


@given(st.lists(st.text(st.sampled_from("ab 中国한น_!é")), max_size=5))
def test_counting_agrees_with_cutting(texts: list[str]) -> None:
    series = pl.Series(texts, dtype=pl.String)
    assert count_words(series).to_list() == words(series).list.len().to_list()


LETTERS = st.sampled_from("abZéßİΣ_1 .,+'\n\t\x00\x1f\x7f\u00a0\u2028\x85你好，カー한글ไทมां’—😀") | st.characters(
    exclude_categories=["Cs"]
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.text(LETTERS, max_size=30) | st.none()))
def test_flat_units_are_units(texts: list[str | None]) -> None:
    given_ = pl.Series(texts, dtype=pl.String)
    flat, lengths = flat_units(given_)
    wanted = units(given_).to_list()
    assert flat.to_list() == [unit for row in wanted for unit in row or ()]
    assert lengths.tolist() == [len(row or ()) for row in wanted]
