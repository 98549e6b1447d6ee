from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.runtime.text import screening
from tunec.runtime.text.screening import Screen, Suspects, screened
from tunec.runtime.text.verbatim import contained, equal

LONG = "which of these statements about the living cell is true"
TEXTS = pl.Series([f"Tell me: {LONG}?", "nothing to see", "天空 是什么颜色", "the living cell", "天空是什么颜色？", ""])
ITEMS = pl.Series([LONG, "What is it?", "天空是什么颜色", "of these statements about the living cell is false"])


def lists(found: Suspects) -> list[list[int]]:
    return [part.tolist() for part in (found.texts, found.items, found.whole_texts, found.whole_items)]


def test_texts_and_items_that_may_match() -> None:
    assert lists(screened(TEXTS, ITEMS)) == [[0], [0, 3], [2, 4], [2]]


def test_a_shared_run_of_eight_words_and_not_of_seven() -> None:
    texts = pl.Series(
        ["of these statements about the living cell is what", "of these statements about the living cell?"]
    )
    assert lists(screened(texts, ITEMS)) == [[0], [0, 3], [], []]


def test_nothing() -> None:
    empty = pl.Series(dtype=pl.String)
    for texts, items in ((empty, ITEMS), (TEXTS, empty), (empty, empty)):
        assert lists(screened(texts, items)) == [[], [], [], []]


WORDS = st.lists(st.sampled_from(["a", "b", "c", "你"]), max_size=24).map(" ".join)


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, max_size=8, unique=True), st.lists(WORDS, max_size=6), st.integers(1, 5))
def test_no_match_is_left_out_in_whatever_portions(texts: list[str], items: list[str], batch: int) -> None:
    given, known = pl.Series(texts, dtype=pl.String), pl.Series(items, dtype=pl.String)
    before = screening._BATCH
    try:
        screening._BATCH = batch
        found = screened(given, known)
    finally:
        screening._BATCH = before
    for rule, of_texts, of_items in (
        (contained, found.texts, found.items),
        (equal, found.whole_texts, found.whole_items),
    ):
        for text, item in zip(*rule(given, known), strict=True):
            assert text in of_texts
            assert item in of_items
    assert lists(found) == lists(screened(given, known))


def test_texts_seen_before_are_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    whole = screen.suspects(TEXTS, ITEMS)
    read: list[int] = []
    once = screening.screened

    def counted(texts: pl.Series, items: pl.Series) -> Suspects:
        read.append(len(texts))
        return once(texts, items)

    monkeypatch.setattr(screening, "screened", counted)
    assert lists(screen.suspects(TEXTS, ITEMS)) == lists(whole)
    assert read == []
    # Two of them again in another order, and a new one.
    found = screen.suspects(pl.Series(["new", TEXTS[4], TEXTS[0], LONG.upper()]), ITEMS)
    assert read == [2]
    assert [found.texts.tolist(), found.whole_texts.tolist()] == [[2, 3], [1, 3]]
    assert set(found.items) >= {0}
    assert set(found.whole_items) >= {0, 2}
    # Other items: nothing that was found holds.
    assert lists(screen.suspects(TEXTS, ITEMS[1:2])) == [[], [], [], []]
    assert read == [2, 6]
    assert np.array_equal(screen.suspects(TEXTS, ITEMS).texts, whole.texts)


ODD = st.text(st.sampled_from("aB1 _-.,!?+=$\u203f\u2040\u200d\u00a0\u2028\n\téİßΣ你好，。カー①"), max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.lists(ODD, max_size=12, unique=True), st.lists(ODD, max_size=12))
def test_texts_that_are_equal_are_suspects_whatever_is_between_their_words(texts: list[str], items: list[str]) -> None:
    given_, known = pl.Series(texts, dtype=pl.String), pl.Series(items, dtype=pl.String)
    found = screened(given_, known)
    for text, item in zip(*equal(given_, known), strict=True):
        assert text in found.whole_texts
        assert item in found.whole_items
