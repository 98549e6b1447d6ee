from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.runtime.text.rouge import NoveltyPool, rouge_l, tokens


@pytest.mark.parametrize(
    ("left", "right", "score"),
    [
        ("Write a short poem about the sea.", "Write a short poem about the mountains.", Fraction(6, 7)),
        ("List three primary colors", "List the three primary colors", Fraction(8, 9)),
        ("写一首诗", "写一首诗", Fraction(1)),
        ("写一首诗", "写首长诗", Fraction(6, 8)),
        ("Был дом", "был Дом!", Fraction(1)),
        ("", "a", Fraction(0)),
        ("?", "!", Fraction(0)),
    ],
)
def test_scores(left: str, right: str, score: Fraction) -> None:
    assert rouge_l(left, right) == score


def test_every_script_has_words() -> None:
    assert tokens(["Café au lait: 3,5€", "中国ABC", "हिन्दी_है", None]) == [
        ["café", "au", "lait", "3", "5"], ["中", "国", "abc"], ["हिन्दी", "है"], [],
    ]  # fmt: skip


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_as_rouge_score_has_it(text: str) -> None:
    assert tokens([text]) == [re.sub(r"[^a-z0-9]+", " ", text.lower()).split()]


def lcs(a: list[str], b: list[str]) -> int:
    row = [0] * (len(b) + 1)
    for x in a:
        before = 0
        for place, y in enumerate(b, start=1):
            before, row[place] = row[place], before + 1 if x == y else max(row[place], row[place - 1])
    return row[-1]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=10), max_size=10),
    st.lists(st.sampled_from("abcdefgh"), max_size=10),
    st.sampled_from([Fraction(0), Fraction(3, 10), Fraction(7, 10), Fraction(1)]),
)
def test_the_pool_misses_nothing(pool: list[list[str]], text: list[str], threshold: Fraction) -> None:
    known = NoveltyPool(threshold)
    for words in pool:
        known.add(words)
    scores = [Fraction(2 * lcs(words, text), max(len(words) + len(text), 1)) for words in pool]
    best = max(((score, -n) for n, score in enumerate(scores) if score > threshold), default=None)
    match = known.match(text)
    assert (match and (match.score, -match.number)) == best
    assert len(known) == len(pool)
