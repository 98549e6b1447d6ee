"""What counts of a text: words, and marks that carry meaning."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.runtime.text import signs
from tunec.runtime.text.signs import signs_of, word_lists


def packed(*texts: str) -> list[str]:
    return [text.decode() for text in signs_of(pl.Series(texts)).packed().texts()]


def same(left: str, right: str) -> bool:
    one, other = packed(left, right)
    return one == other


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("for i=0; i<10; i++", "for i = 0 ;i < 10 ; i ++"),
        ("16 eggs per day. How many?", "16 eggs per day.How many"),
        ("It's a well-known, “old” tale", "its a well known old tale"),
        ("It's a well-known, “old” tale", "it s a wellknown old tale"),
        ("**How many** `cats`?", "How many cats"),
        ("He paid 1,000 dollars", "he paid 1000 dollars"),
        ("the points 1, 2 and 3", "the points 1 2 and 3"),
        ("7−3", "7 - 3"),
        ("小明有５个苹果，还剩几个？", "小明有5个苹果还剩几个"),
        ("- one\n- two", "one two"),
        ("a soft\u00adhyphen", "a softhyphen"),
        ("(see above) he left", "see above he left"),
        ("the ten-year plan - a short one", "the ten year plan a short one"),
        ("What is 2 + 2 = ?", "what is 2+2="),
        ("> He asked: how\n> many of them?\n>> Ten.", "He asked: how many of them? Ten."),
        ("> def f():\n>     [1, 2]\n>\n> 5", "def f():\n    [1, 2]\n\n5"),
        ("def f():\n    >>> f(1)\n    2", "# def f():\n#     >>> f(1)\n#     2"),
        (">     >>> f(1)\n> 2", "\u00a0\u00a0>>> f(1)\n2"),
        ("an arc of $55$ degrees on $A$", "an arc of \\(55\\) degrees on \\(A\\)"),
        ("$N^2$ divides $8!$.", "$ N^2 $ divides $ 8! $."),
        ("Find $$x+1$$", "Find \\[x+1\\]"),
        ("the sum $1+99+100?$\n3) red", "the sum \\(1+99+100?\\)\n3) red"),
        ("已知$x$和$(6,8)$的和", "已知\\(x\\)和\\((6,8)\\)的和"),
        ("paid $\\$1.25$ for it", "paid \\$1.25 for it"),
    ],
)
def test_blanks_and_the_punctuation_of_sentences_hide_nothing(left: str, right: str) -> None:
    assert same(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("12 * 4", "12 / 4"), ("12*4", "12 4"), ("12*4", "124"), ("7 + 3", "7 - 3"), ("7 - 3", "7 3"), ("7 -3", "73"),
        ("1.5", "15"), ("1.5", "1 5"), ("is .5 of it", "is 5 of it"), ("-5", "5"), ("x = -5", "x = 5"),
        ("from -5 on", "from 5 on"), ("x - y", "x y"), ("2n - 1", "2n 1"), ("1/2", "12"), ("10:30", "1030"),
        ("$5.00", "$500"), ("$5", "5"), ("50%", "50"), ("C#", "C"), ("C++", "C#"), ("C++", "C"), ("(2+3)*4", "2+3*4"),
        ("3(x+2)", "3x+2"), ("2⁵", "25"), ("½", "12"), ("①", "1"), ("a@b", "ab"), ("my_var", "myvar"),
        ("a != b", "a = b"), ("5!", "5"), ("\\frac12", "frac12"), ("x > 3", "x < 3"), ("a == b", "a = b"),
        ("fine 🙂", "fine 🙁"), ("€5", "$5"), ("[0, 1)", "(0, 1)"), ("1 2", "12"), ("2**3", "2*3"), ("1,5", "15"),
        ("foo*bar", "foo/bar"), ("km/h", "kmh"), ("5 ± 1", "5 1"), ("√2", "2"), ("AT&T", "ATT"),
        ("> 3.7 A\n> 3.3 B", "3.7 A\n3.3 B"), ("is it\n>= 5", "is it\n= 5"), ("$5 and $6", "5 and 6"),
        ("$5-$10", "5-10"), ("5$, 6$ or so", "5, 6 or so"), ("$5 each or 6$.", "5 each or 6."), ("$ 5 - $ 6", "5 - 6"),
        ("it costs $5 if $x$", "it costs 5 if $x$"), ("a \\\\[2pt] b", "a \\\\2pt b"),
    ],
)  # fmt: skip
def test_marks_with_a_meaning_count(left: str, right: str) -> None:
    assert not same(left, right)
    assert not same(f"What comes of {left} in the end?", f"What comes of {right} in the end?")


def test_words_and_marks_apart() -> None:
    found = signs_of(pl.Series(["It costs $5, not 7-3.", None, "你好 C++", "???"]))
    assert found.written(marks=True).to_list() == ["it costs $ 5 not 7 - 3", "", "你 好 c + +", ""]
    assert found.written(marks=False).to_list() == ["it costs 5 not 7 3", "", "你 好 c", ""]
    assert word_lists(pl.Series(["A b", None, "+"])).to_list() == [["a", "b"], [], []]
    assert found.long(6).tolist() == [True, False, False, False]


def test_other_shapes_of_marks_are_the_same_words() -> None:
    for plain, shaped in (
        ("don't", "don’t"),
        ("don't", "don\u200b’t"),
        ("1,000", "1,\u200b000"),
        ("a b", "a \u200b b"),
    ):
        told = [signs_of(pl.Series([text])).written(marks=True)[0] for text in (plain, shaped)]
        assert told[0] == told[1], shaped


def test_long_words_are_told_apart() -> None:
    long = "a" * 100
    words, lengths = signs_of(pl.Series([f"{long} {long}b", f"{long}b x{long}"])).words(marks=True)
    assert lengths.tolist() == [2, 2]
    assert words[1] == words[2] and len(set(words.tolist())) == 3


TEXT = st.text(st.sampled_from("ab1 2.-*$(éß你ไ🙂½\u200d\0\n"), max_size=12)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.none() | TEXT, max_size=6), st.integers(1, 4))
def test_a_text_reads_the_same_alone_and_among_others(texts: list[str | None], many: int) -> None:
    given_ = pl.Series(texts, dtype=pl.String)
    before = signs._TEXTS
    try:
        signs._TEXTS = many
        parts = list(signs.portions(given_))
    finally:
        signs._TEXTS = before
    assert sum(map(len, parts)) == len(texts) and all(len(part) <= many for part in parts)
    together = signs_of(given_)
    hashed, lengths = together.words(marks=True)
    first = 0
    for place, text in enumerate(texts):
        alone = signs_of(pl.Series([text], dtype=pl.String))
        assert alone.packed().texts() == [together.packed().texts()[place]]
        assert alone.written(marks=True)[0] == together.written(marks=True)[place]
        assert alone.words(marks=True)[0].tolist() == hashed[first : first + lengths[place]].tolist()
        first += lengths[place]
    for written in together.written(marks=True):
        assert len(re.findall(r"\S+", written)) == len(written.split(" ")) * bool(written)
