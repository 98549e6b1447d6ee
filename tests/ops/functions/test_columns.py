"""Functions that take whole columns."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import TINY, context
from tunec.runtime.context import Context
from tunec.runtime.ops.functions.json_valid import json_valid
from tunec.runtime.ops.functions.mtld import mtld
from tunec.runtime.ops.functions.similarity import similarity
from tunec.runtime.ops.functions.task import task
from tunec.runtime.ops.functions.topic import topic


def test_json() -> None:
    texts = ['{"a": [1, 2]}', " 3\n", "{'a': 1}", "NaN", "", "[" * 10_000, '{"城市": "北京"}', "1" * 5000, None]
    assert json_valid(pl.Series(texts)).to_list() == [True, True, False, False, False, False, True, True, None]


def test_mtld_by_hand() -> None:
    # "a a" has 1 of 2 different: a factor. Forwards and backwards two factors of two words each: 4 / 2.
    assert mtld(pl.Series(["a a a a"])).to_list() == [2.0]
    # Forwards: a b c, then a makes 3 of 4 = 0.75, above 0.72: a part of a factor, 0.25 / 0.28. Backwards the same.
    assert mtld(pl.Series(["a b c a"]))[0] == pytest.approx(4 / (0.25 / 0.28))
    # On the threshold a factor ends.
    assert mtld(pl.Series(["a b c a"]), threshold=0.75).to_list() == [4.0]


def test_mtld_directions_differ() -> None:
    # Forwards: "a a" is a factor, "b c" none. Backwards: c b a a ends at 3 of 4.
    assert mtld(pl.Series(["a a b c"]))[0] == pytest.approx((4 / 1 + 4 / (0.25 / 0.28)) / 2)


def test_mtld_of_chinese_and_of_nothing() -> None:
    assert mtld(pl.Series(["好 好 好 好", "今天天气", "", None])).to_list() == [2.0, None, None, None]


def _mtld(words: list[str], threshold: float = 0.72) -> float | None:
    """As it is written in the paper, one word after another."""

    def factors(words: list[str]) -> float:
        whole, seen = 0.0, []
        for word in words:
            seen.append(word)
            if len(set(seen)) / len(seen) <= threshold:
                whole, seen = whole + 1, []
        return whole + (1 - len(set(seen)) / len(seen)) / (1 - threshold) if seen else whole

    there, back = factors(words), factors(words[::-1])
    return (len(words) / there + len(words) / back) / 2 if there and back else None


@given(st.lists(st.none() | st.lists(st.sampled_from(["a", "b", "c", "d", "好", "e"]), max_size=30), max_size=6))
def test_mtld_is_the_plain_loop(texts: list[list[str] | None]) -> None:
    column = pl.Series([None if text is None else " ".join(text) for text in texts], dtype=pl.String)
    assert mtld(column).to_list() == [None if text is None else _mtld(text) for text in texts]


def test_similarity() -> None:
    left = pl.Series(["red green", "今天", None, " "])
    right = pl.Series(["green red", "学习", "x", "x"])
    same, other, *rest = similarity(left, right, using=TINY, ctx=context()).to_list()
    assert same == pytest.approx(1, abs=1e-3)
    assert abs(other) < 0.5
    assert rest == [None, None]


@pytest.mark.model
def test_tasks(minilm: Context) -> None:
    prompts = {
        "Translate the sentence into German.\n\nThe cat sleeps.": "translation",
        "Write a Python function that adds two numbers.": "code",
        "Summarize this article.\n\nA train to Rome…": "summarization",
        "What is 12 times 9?": "math",
        "把下面的句子翻译成英文。\n\n我喜欢猫。": "translation",
        "写一个Python程序，打印列表。": "code",
    }
    found = task(pl.Series([*prompts, None, " "]), using=TINY, ctx=minilm)
    assert found.to_list() == [*prompts.values(), None, None]


@pytest.mark.model
def test_topics(minilm: Context) -> None:
    prompts = {
        "How do I bake a chocolate cake?": "food",
        "Who won the football world cup in 2014?": "sports",
        "Write a Python function.": "programming",
        "用Python编写代码": "programming",
    }
    assert topic(pl.Series(list(prompts)), using=TINY, ctx=minilm).to_list() == list(prompts.values())


def test_tasks_of_nothing() -> None:
    assert task(pl.Series([None, ""], dtype=pl.String), using=TINY, ctx=context()).to_list() == [None, None]
    assert topic(pl.Series([], dtype=pl.String), using=TINY, ctx=context()).to_list() == []
