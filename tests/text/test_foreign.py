"""Texts in letters that an English embedder has hardly seen are counted."""

from dataclasses import replace

import polars as pl

from tests.ops.material import context
from tunec.runtime.base.values import EmbedderSpec
from tunec.runtime.text.foreign import tell_foreign


def counted(name: str, *texts: pl.Series) -> list[tuple[str, int]]:
    said: list[tuple[str, int]] = []
    ctx = replace(context(), missing=lambda what, rows: said.append((what, rows)))
    tell_foreign("topic", ctx, EmbedderSpec("bundled", name, "", ""), *texts)
    return said


def test_rows_are_counted_once_and_only_for_an_english_embedder() -> None:
    asked = pl.Series(["What is tea?", "茶是什么？", None, "Что такое чай?", "2 + 2"], dtype=pl.String)
    said = pl.Series(["A leaf.", "一种叶子。", "葉子", "A leaf.", None], dtype=pl.String)
    ((what, rows),) = counted("all-minilm-l6-v2", asked, said)
    assert rows == 3 and what.startswith("`topic` says little of a text that is not in Latin letters")
    assert counted("multilingual-e5-small", asked, said) == []
