from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.runtime.text import signs
from tunec.runtime.text.screening import Known, Screen, Suspects, screened
from tunec.runtime.text.verbatim import Verbatim, held, hidden

LONG = "which of these statements about the living cell is true"
TEXTS = pl.Series([f"Tell me: {LONG}?", "nothing to see", "天空 是什么颜色", "the living cell", "天空是什么颜色？", ""])
ITEMS = pl.Series([LONG, "What is it?", "天空是什么颜色", "of these statements about the living cell is false"])


def lists(found: Suspects) -> list[list[int]]:
    return [part.tolist() for part in (found.texts, found.items, found.holding, found.held)]


def test_texts_and_items_that_may_match() -> None:
    assert lists(screened(TEXTS, ITEMS)) == [[0], [0, 3], [0, 2, 4], [0, 2, 2]]


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


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, max_size=8, unique=True), st.lists(WORDS, max_size=6), st.integers(1, 5))
def test_no_match_is_left_out_in_whatever_portions(texts: list[str], items: list[str], batch: int) -> None:
    given, known = pl.Series(texts, dtype=pl.String), pl.Series(items, dtype=pl.String)
    before = signs._TEXTS
    try:
        signs._TEXTS = batch
        found = screened(given, known)
    finally:
        signs._TEXTS = before
    text, item = held(given, Verbatim(hidden(known)))
    assert [found.holding.tolist(), found.held.tolist()] == [text.tolist(), item.tolist()]
    units = [[text.split() for text in side] for side in (texts, items)]
    runs = [[{tuple(u[n : n + 8]) for n in range(len(u) - 7)} for u in side] for side in units]
    for t, ours in enumerate(runs[0]):
        for i, theirs in enumerate(runs[1]):
            assert not ours & theirs or (t in found.texts and i in found.items)
    assert lists(found) == lists(screened(given, known))


def test_texts_seen_before_are_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    whole = screen.suspects(TEXTS, ITEMS)
    read: list[int] = []
    once = Known.screened

    def counted(known: Known, texts: pl.Series) -> Suspects:
        read.append(len(texts))
        return once(known, texts)

    monkeypatch.setattr(Known, "screened", counted)
    assert lists(screen.suspects(TEXTS, ITEMS)) == lists(whole)
    assert read == []
    # Two of them again in another order, and a new one.
    found = screen.suspects(pl.Series(["new", TEXTS[4], TEXTS[0], LONG.upper()]), ITEMS)
    assert read == [2]
    assert found.texts.tolist() == [2, 3]
    assert [found.holding.tolist(), found.held.tolist()] == [[1, 2, 3], [2, 0, 0]]
    assert set(found.items) >= {0}
    # Other items: nothing that was found holds.
    assert lists(screen.suspects(TEXTS, ITEMS[1:2])) == [[], [], [], []]
    assert read == [2, 6]
    assert np.array_equal(screen.suspects(TEXTS, ITEMS).texts, whole.texts)


ODD = st.text(st.sampled_from("aB1 _-.,!?+=$\u203f\u2040\u200d\u00a0\u2028\n\téİßΣ你好，。カー①"), max_size=8)


@settings(max_examples=120, deadline=None)
@given(st.lists(ODD, max_size=12, unique=True), st.lists(ODD, max_size=12))
def test_only_texts_that_are_the_item_or_hold_it(texts: list[str], items: list[str]) -> None:
    given_, known = pl.Series(texts, dtype=pl.String), pl.Series(items, dtype=pl.String)
    found = screened(given_, known)
    ours, theirs = (signs.signs_of(side).packed().texts() for side in (given_, known))
    equal = {(t, i) for t, text in enumerate(ours) for i, item in enumerate(theirs) if text == item != b""}
    assert set(zip(found.holding.tolist(), found.held.tolist(), strict=True)) == equal
