from __future__ import annotations

import polars as pl

from tunec.runtime.ops.functions.lang import lang


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
