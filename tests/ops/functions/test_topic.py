from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import TINY, bag, context
from tunec.runtime.base.context import Context
from tunec.runtime.base.resources import sections_of
from tunec.runtime.ops.functions.topic import PROTOTYPES, topic

DESCRIPTIONS = sections_of(PROTOTYPES)
SAID = ["music", "films", "and", "the", "economy", "数", "学", "music,", "schools"]
WORDS = st.lists(
    st.sampled_from(SAID),
    min_size=1,
    max_size=4,
)


def of(texts: list[str | None], ctx: Context | None = None) -> list[str | None]:
    return topic(pl.Series(texts, dtype=pl.String), using=TINY, ctx=ctx or context()).to_list()


@pytest.mark.model
def test_english_and_chinese(minilm: Context) -> None:
    texts = {
        "How do I bake a chocolate cake?": "food",
        "Who won the football world cup in 2014?": "sports",
        "Write a Python function.": "programming",
        "用Python编写代码": "programming",
    }
    assert of(list(texts), minilm) == list(texts.values())


@pytest.mark.parametrize("name", sorted(DESCRIPTIONS))
def test_a_description_is_of_its_subject(name: str) -> None:
    # The single nearest description decides, also a Chinese one.
    assert of(list(DESCRIPTIONS[name])) == [name] * len(DESCRIPTIONS[name])
    assert any(not one.isascii() for one in DESCRIPTIONS[name])


def test_of_nothing() -> None:
    assert of([None, "", " \n"]) == [None] * 3
    assert of([]) == []


def _nearest(text: str) -> str:
    ours = bag(TINY, [text])[0].astype(float)
    best = {}
    for name, examples in DESCRIPTIONS.items():
        theirs = bag(TINY, examples).astype(float)
        best[name] = max(ours @ one / np.linalg.norm(one) for one in theirs)
    return max(sorted(best), key=lambda name: best[name])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.none() | WORDS.map(" ".join), max_size=3))
def test_is_the_nearest_description(texts: list[str | None]) -> None:
    assert of(texts) == [None if text is None else _nearest(text) for text in texts]
