from __future__ import annotations

import unicodedata

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.runtime.text.normal import collapsed, nfkc, stripped, unpunctuated


def test_forms() -> None:
    text = pl.Series(["  Ｆｕｌｌ,\n WIDTH… №5 ", "小明：２＋２＝？", None])
    assert collapsed(text).to_list() == ["full, width... no5", "小明:2+2=?", None]
    assert stripped(pl.Series(["It's 2_000, “so” ½!"])).to_list() == ["its 2000 so 12"]
    assert unpunctuated(pl.Series(["2 + 2 = ?", "小明：好！"])).to_list() == ["2 + 2 =", "小明好"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | st.text(max_size=8)))
def test_nfkc_is_unicodes_and_leaves_what_it_is_given(texts: list[str | None]) -> None:
    given = pl.Series(texts, dtype=pl.String)
    assert nfkc(given).to_list() == [None if t is None else unicodedata.normalize("NFKC", t) for t in texts]
    assert given.to_list() == texts
