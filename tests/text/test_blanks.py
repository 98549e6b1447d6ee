"""White space becomes one blank."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tunec.runtime.text.blanks import spaced


@given(st.text(" \t\n\r\x85\u00a0\u2003\u3000ab你", max_size=12))
def test_it_is_what_replacing_every_run_gives(text: str) -> None:
    texts = pl.Series([text, None], dtype=pl.String)
    assert spaced(texts).to_list() == texts.str.replace_all(r"\s+", " ").str.strip_chars().to_list()
