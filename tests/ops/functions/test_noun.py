from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, row_wise, values
from tunec.runtime.ops.functions.noun import noun
from tunec.runtime.ops.functions.verb import verb

of = partial(values, noun)
CHINESE = {
    "写一首关于春天的诗。": "诗",
    "请解释什么是量子力学。": "量子力学",
    "把下面的句子翻译成英文。": "句子",
    "请帮我制定一个三天的北京旅游计划。": "计划",
    "给我一些关于周末活动的建议。": "建议",
    "根据给定的文本，判断其所属的类别。": "类别",
    "列举三种水果": "水果",
    "你好": None,
    "你好。\n写一首诗。": None,
}
ENGLISH = {
    "Write a short story about a dragon.": "story",
    "Give me three tips for staying healthy.\n\nBe kind.": "tip",
    "Please describe the process of making paper.": "process",
    "Can you generate a list of ideas? Then sort it.": "list",
    "Describe yourself.": None,
    "Good morning!": None,
}


@pytest.mark.parametrize("text", CHINESE)
def test_chinese(text: str) -> None:
    assert of([text]) == [CHINESE[text]]


def test_english(english: None) -> None:
    assert of(list(ENGLISH)) == list(ENGLISH.values())


def test_nothing() -> None:
    assert of([None, "", " \n", "列举三种水果", None]) == [None, None, None, "水果", None]
    assert of([]) == []


@MANY
@given(st.lists(st.none() | st.sampled_from(list(CHINESE)) | st.text("请写诗把的句子给我，。", max_size=9), max_size=6))
def test_a_noun_stands_in_its_text_and_has_a_verb(texts: list[str | None]) -> None:
    row_wise(of, texts)
    for text, one, its in zip(texts, of(texts), values(verb, texts), strict=True):
        assert one is None or (text is not None and one in text and its is not None)
        assert text not in CHINESE or one == CHINESE[text]
