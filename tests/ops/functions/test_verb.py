from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import ANY
from tests.ops.material import MANY, row_wise, values
from tunec.runtime.ops.functions.verb import verb

of = partial(values, verb)
CHINESE = {
    "写一首关于春天的诗。": "写",
    "请解释什么是量子力学。": "解释",
    "把下面的句子翻译成英文。": "翻译成",
    "请帮我制定一个三天的北京旅游计划。": "制定",
    "给我一些关于周末活动的建议。": "给",
    "根据给定的文本，判断其所属的类别。": "判断",
    "列举三种水果": "列举",
    "你好": None,
    "你好。\n写一首诗。": None,
}
ENGLISH = {
    "Write a short story about a dragon.": "write",
    "Give me three tips for staying healthy.\n\nBe kind.": "give",
    "Please describe the process of making paper.": "describe",
    "Can you generate a list of ideas? Then sort it.": "generate",
    "Describe yourself.": "describe",
    "Good morning!": None,
}


@pytest.mark.parametrize("text", CHINESE)
def test_chinese(text: str) -> None:
    assert of([text]) == [CHINESE[text]]


def test_english(english: None) -> None:
    assert of(list(ENGLISH)) == list(ENGLISH.values())


def test_nothing() -> None:
    assert of([None, "", " \n", "列举三种水果", None]) == [None, None, None, "列举", None]
    assert of([]) == []


@MANY
@given(st.lists(st.none() | st.sampled_from(list(CHINESE)), max_size=6), st.text(ANY, max_size=8))
def test_only_the_first_line_counts(texts: list[str | None], more: str) -> None:
    row_wise(of, texts)
    assert of([text and f" \n{text}\n{more}" for text in texts]) == [text and CHINESE[text] for text in texts]
