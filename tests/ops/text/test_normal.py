from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.characters import ANY
from tunec.runtime.text import normal
from tunec.runtime.text.normal import collapsed, folded


def one(text: str) -> str:
    found: str = collapsed(pl.Series([text])).item()
    return found


def test_characters_have_one_spelling() -> None:
    text = pl.Series(["  Ｆｕｌｌ,\n WIDTH… ﬁne ", "小明：２＋２＝？", "cafe\u0301 ｶﾞ", None])
    assert collapsed(text).to_list() == ["full, width... fine", "小明:2+2=?", "café ガ", None]


@pytest.mark.parametrize(
    ("written", "plain"),
    [("a &lt; b &amp;&amp; c &#62; d", "a < b && c > d"), ("It&#39;s &quot;x&quot;", 'it\'s "x"'),
     ("&amp;lt;p&amp;gt;", "<p>"), ("caf&eacute; &Eacute;&EACUTE;", "café éé"), ("?a=1&copy=2", "?a=1&copy=2"),
     ("AT&T; R&D", "at&t; r&d"), ("&#xff12;", "2"), ("&nbsp;a&nbsp;b", "a b"),
     ("下列關於計算機網絡的說法，正確的是？", "下列关于计算机网络的说法,正确的是?"), ("臺灣與香港", "台湾与香港"),
     ("&#35712;書", "读书")],
)  # fmt: skip
def test_other_spellings_of_the_same_text_are_one(written: str, plain: str) -> None:
    assert one(written) == plain == one(plain)


@pytest.mark.parametrize(
    ("left", "right"),
    [("2⁵", "25"), ("H₂O", "H2O"), ("½", "1⁄2"), ("½", "1/2"), ("①", "1"), ("7 + 3", "7 - 3"), ("C++", "C#"),
     ("$5.00", "$500"), ("1/2", "12"), ("(2+3)*4", "2+3*4"), ("a@b", "ab"), ("my_var", "myvar"), ("ok 🙂", "ok 🙁"),
     ("ok 🙂", "ok"), ("ℝ", "R"), ("𝐱", "x"), ("㎡", "m2")],
)  # fmt: skip
def test_what_says_something_else_stays_apart(left: str, right: str) -> None:
    assert one(left) != one(right)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.none() | st.text(ANY, max_size=8)))
def test_the_form_is_stable_and_the_texts_are_left_alone(texts: list[str | None]) -> None:
    given = pl.Series(texts, dtype=pl.String)
    once = folded(given)
    assert given.to_list() == texts
    assert folded(once).to_list() == once.to_list()
    assert all(t is None or unicodedata.is_normalized("NFC", t) for t in once)


def test_every_other_shape_is_known() -> None:
    shapes, _, _ = normal._shapes()
    outside = {c for n in range(0x80, 0x110000) if unicodedata.decomposition(c := chr(n)).startswith(normal._SHAPES)}
    assert set(shapes) == {c for c in outside if " " not in unicodedata.normalize("NFKC", c)}
