from __future__ import annotations

import polars as pl
import pytest

from tunec.runtime.ops.functions.lang import lang
from tunec.runtime.text import languages


def test_languages() -> None:
    texts = {
        "How do I boil an egg?": "en",
        "Wie geht es dir heute?": "de",
        "C'est la vie,\nmon ami": "fr",
        "今天天气怎么样？": "zh",
        "你好": "zh",
        "これはペンです": "ja",
        "Как дела?": "ru",
        "HELLO WORLD, HOW ARE YOU": "en",
    }
    assert lang(pl.Series(list(texts))).to_list() == list(texts.values())


def test_without_letters_there_is_no_language() -> None:
    assert lang(pl.Series([None, "", " \n", "2 + 2 = ?", "…"], dtype=pl.String)).to_list() == [None] * 5


def test_equal_texts_and_order() -> None:
    assert lang(pl.Series(["Good morning", "你好吗", "Good morning"])).to_list() == ["en", "zh", "en"]
    assert lang(pl.Series([], dtype=pl.String)).to_list() == []


def test_many_texts_are_looked_at_in_a_process_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = pl.Series(
        ["Good morning to you all", None, "你好吗？", "a\x1cb\x85c\u2028d", "Guten\nMorgen, liebe Leute", "2"]
    )
    here = lang(texts)
    monkeypatch.setattr(languages, "APART", 1)
    monkeypatch.setattr(languages, "_here", None)
    assert lang(texts).equals(here)
    monkeypatch.setattr(languages.sys, "executable", "false")
    with pytest.raises(RuntimeError, match="ended with 1"):
        lang(texts)
