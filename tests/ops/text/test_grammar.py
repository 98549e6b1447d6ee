"""The parse behind `verb` and `noun`."""

from __future__ import annotations

from functools import cache

import polars as pl
import pytest

from tunec.runtime.base.operator import OperatorError
from tunec.runtime.text import grammar


def test_verbs_and_nouns_come_in_pairs() -> None:
    texts = pl.Series([None, "列举三种水果", "你好", None, "列举三种水果"], dtype=pl.String)
    assert grammar.pairs(texts).rows() == [(None, None), ("列举", "水果"), (None, None), (None, None), ("列举", "水果")]
    assert grammar.pairs(pl.Series([], dtype=pl.String)).schema == {"verb": pl.String, "noun": pl.String}


def test_without_spacy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "_MODEL", "no_such_model")
    monkeypatch.setattr(grammar, "_spacy", cache(grammar._spacy.__wrapped__))
    with pytest.raises(OperatorError, match=r"pip install \"tunec\[linguistics\]\""):
        grammar.pairs(pl.Series(["Tell the owl a secret that nobody asked for."]))


def test_chinese_needs_no_spacy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "_MODEL", "no_such_model")
    monkeypatch.setattr(grammar, "_spacy", cache(grammar._spacy.__wrapped__))
    assert grammar.pairs(pl.Series(["写一首没人写过的诗"])).rows() == [("写", "诗")]
