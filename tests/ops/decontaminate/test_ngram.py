from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import context
from tunec.runtime.ops.decontaminate.ngram import ngram

DATA = Path(__file__).parents[3] / "../shared/data"


def found(texts: list[str], items: list[str], n: int = 13) -> list[tuple[int, int, float]]:
    result = ngram(pl.Series(texts, dtype=pl.String), pl.Series(items, dtype=pl.String), n, ctx=context())
    return result.select("text", "item", "value").rows()


def test_the_value_is_the_share_of_the_items_ngrams() -> None:
    # Six words have four 3-grams; the text has two of them.
    assert found(["so: one two three four!", "one two four"], ["One two three four five six"], 3) == [(0, 0, 0.5)]


def test_every_text_that_matches_is_found() -> None:
    item = "one two three four"
    assert found(["one two three", "x two three four", "three four five"], [item], 3) == [(0, 0, 0.5), (1, 0, 0.5)]


def test_chinese_is_compared_by_character() -> None:
    assert found(["问：小明有五个苹果。", "小红有五个梨"], ["小明有五个苹果吗"], 6) == [(0, 0, 2 / 3)]


def test_an_item_shorter_than_n_is_never_found() -> None:
    assert found(["a b c"], ["a b c"], 4) == []


def test_a_repeated_ngram_counts_once() -> None:
    # The 2-grams of the item: "a b", "b a", "b c".
    assert found(["a b"], ["a b a b c"], 2) == [(0, 0, 1 / 3)]


def test_boilerplate_does_not_convict_alone() -> None:
    boilerplate = "which of the following is"
    item = f"{boilerplate} a mammal that lives in the sea"
    texts = [f"{boilerplate} number {n}" for n in range(11)]
    assert found(texts, [item], 5) == []
    assert [m[:2] for m in found(texts[:10], [item], 5)] == [(n, 0) for n in range(10)]
    # With a rarer n-gram, the boilerplate counts for the value: 2 of 8.
    assert found([*texts, f"{boilerplate} a"], [item], 5) == [(11, 0, 2 / 8)]


def test_an_item_that_is_in_many_texts_is_still_found() -> None:
    item = "a b c d e"
    assert [m[0] for m in found([f"{item} {n}" for n in range(20)], [item], 3)] == list(range(20))


def test_words_that_no_item_has_match_nothing() -> None:
    assert found(["x y z"], ["a b c"], 1) == []
    assert found([], ["a b"], 2) == [] == found(["a b"], [], 2)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcd"), max_size=10), max_size=6, unique_by=tuple),
    st.lists(st.lists(st.sampled_from("abcd"), max_size=10), max_size=6),
    st.integers(1, 4),
)
def test_agrees_with_sets(texts: list[list[str]], items: list[list[str]], n: int) -> None:
    def grams(words: list[str]) -> set[tuple[str, ...]]:
        return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}

    wanted = [
        (t, i, len(grams(text) & grams(item)) / len(grams(item)))
        for t, text in enumerate(texts)
        for i, item in enumerate(items)
        if grams(text) & grams(item)
    ]
    assert found([" ".join(t) for t in texts], [" ".join(i) for i in items], n) == wanted


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="needs the shared data folder")
def test_planted_questions_are_found() -> None:
    with gzip.open(DATA / "benchmarks/gsm8k_test.jsonl.gz", "rt") as lines:
        items = [json.loads(line)["question"] for line in lines]
    texts = pl.read_parquet(DATA / "instruct/alpaca_52k.parquet")["output"].head(5000).to_list()
    planted = [f"Here is a problem.\n{item}\nSolve it." for item in items[::100]]
    result = found(texts + planted, items)
    assert {(5000 + n, 100 * n) for n in range(len(planted))} == {m[:2] for m in result if m[2] == 1.0}
