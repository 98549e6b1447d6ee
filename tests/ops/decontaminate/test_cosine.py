from __future__ import annotations

import polars as pl
import pytest

from tests.ops.material import TINY, context
from tunec.runtime.base.context import Context
from tunec.runtime.ops.decontaminate.cosine import cosine


def found(texts: list[str], items: list[str], threshold: float, ctx: Context) -> list[tuple[int, int]]:
    result = cosine(
        pl.Series(texts, dtype=pl.String), pl.Series(items, dtype=pl.String), threshold, using=TINY, ctx=ctx
    )
    return result.select("text", "item").rows()


def test_every_near_text_is_found_for_every_item() -> None:
    texts = ["red green blue", "blue green red", "cat dog", " "]
    assert found(texts, ["green blue red", "dog cat", "green red blue"], 0.99, context()) == [
        (0, 0), (0, 2), (1, 0), (1, 2), (2, 1),
    ]  # fmt: skip


def test_chinese() -> None:
    assert found(["今天天气很好", "我爱数学"], ["今天天气好"], 0.85, context()) == [(0, 0)]


def test_nothing() -> None:
    assert found([], ["a"], 0.5, context()) == [] == found(["a"], [], 0.5, context())


@pytest.mark.model
def test_a_reworded_question_is_found(minilm: Context) -> None:
    item = "What is the capital city of France?"
    assert found(["Which city is the capital of France?", "How tall is a giraffe?"], [item], 0.8, minilm) == [(0, 0)]
