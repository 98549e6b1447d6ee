from __future__ import annotations

import re
from functools import partial

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.functions.repetition import repetition
from tunec.runtime.text import repetition as repetition_

of = partial(values, repetition)


@pytest.mark.parametrize(
    ("text", "n", "share"),
    [
        ("a b a b a b", 2, 4 / 6),
        ("to be, or not to be", 2, 4 / 13),
        ("aa aa aa aa", 3, 6 / 8),
        # Overlapping repeats: the second "x y x" shares a word with the first; no character counts twice.
        ("x y x y x", 3, 3 / 5),
        ("The cat. THE CAT!", 2, 6 / 12),
        ("好的好的好的", 2, 4 / 6),
        ("我爱北京，我爱上海", 2, 2 / 8),
        ("one two three", 1, 0.0),
        ("go go", 1, 0.5),
        ("short text", 5, 0.0),
        ("", 5, 0.0),
        ("…！", 1, 0.0),
    ],
)
def test_by_hand(text: str, n: int, share: float) -> None:
    assert of([text], n) == [pytest.approx(share)]


def test_five_words_unless_said_otherwise() -> None:
    assert of(["a b c d e a b c d e", "a b c d a b c d"]) == [0.5, 0.0]


def test_missing_and_less_than_a_word() -> None:
    missing_stays(of)
    with pytest.raises(OperatorError, match="`n` of `repetition` must be at least 1"):
        of(["x"], 0)


def test_in_pieces() -> None:
    frame = pl.DataFrame({"t": ["a a", "好好", None] * 1000}).lazy().select(repetition(pl.col("t"), 1))
    assert frame.collect(engine="streaming")["t"].to_list() == [0.5, 0.5, None] * 1000


@MANY
@given(TEXTS, st.integers(1, 3))
def test_of_a_row_alone(texts: list[str | None], n: int) -> None:
    row_wise(lambda given: of(given, n), texts)


@MANY
@given(st.lists(st.sampled_from(["a", "Bb", "ccc", "好", "的", "，"]), max_size=20), st.integers(1, 4))
def test_is_the_plain_loop(parts: list[str], n: int) -> None:
    words = re.findall("[a-z]+|[好的]", " ".join(parts).lower())
    seen, inside = set(), set()
    for place in range(len(words) - n + 1):
        gram = tuple(words[place : place + n])
        if gram in seen:
            inside |= set(range(place, place + n))
        seen.add(gram)
    whole = sum(map(len, words))
    share = sum(len(words[place]) for place in inside) / whole if whole else 0.0
    assert of([" ".join(parts)], n) == [pytest.approx(share)]


def test_portions_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["a b a b a b", "one two", None, "好的好的好的", "", "x y x y x"] * 3
    whole = of(texts, 2)
    monkeypatch.setattr(repetition_, "_BATCH", 4)
    assert of(texts, 2) == whole
