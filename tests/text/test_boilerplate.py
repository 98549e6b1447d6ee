"""A template around texts makes no duplicates of them, and texts that are near stay so inside of one."""

from __future__ import annotations

from fractions import Fraction

import polars as pl
import pytest

from tunec.runtime.text.boilerplate import LEAST, near_without_boilerplate
from tunec.runtime.text.jaccard import similar

ENGLISH = (
    "You are given a task. Read the following instruction carefully, think about it step by step, and then write a "
    "response that appropriately completes the request in a helpful and honest manner, without any additional "
    "commentary, in plain words that a child of ten years would understand.\n### Instruction: {}\n### Response:"
)
CHINESE = (
    "你是一位乐于助人的助手。请仔细阅读下面的问题，逐步思考，并给出一个有帮助、诚实且无害的回答，不要添加任何额外的评论，"
    "用十岁孩子也能听懂的简单语言来写，并且不要超过三句话。问题如下：{}有什么用途？"
)
MATTERS = ("gold", "salt", "iron", "silk", "tea", "wool", "clay", "rice", "corn", "jade")
WORDS = {
    ENGLISH: [f"What is {matter} for?" for matter in MATTERS],
    CHINESE: ["苹果", "河流", "诗歌", "沙漠", "电脑", "面包", "条约", "行星", "黄金", "月亮"],
}


def near(texts: list[str]) -> tuple[set[tuple[int, int]], int]:
    left, right, _, apart = near_without_boilerplate(pl.Series(texts), Fraction(4, 5), 5)
    return set(zip(left.tolist(), right.tolist(), strict=True)), apart


@pytest.mark.parametrize("template", [ENGLISH, CHINESE])
def test_a_template_connects_nothing(template: str) -> None:
    texts = [template.format(word) for word in WORDS[template]]
    assert len(similar(pl.Series(texts), Fraction(4, 5), 5)[0]) > len(texts)
    assert near(texts) == (set(), len(texts))
    # What is the same stays the same, and what is near without the template is near.
    long = "Name the three largest rivers of the world and say through which countries they flow, please{}"
    more = [*texts, texts[0], template.format(long.format("")), template.format(long.format(" now"))]
    assert near(more) == ({(0, 10), (11, 12)}, len(texts) - 1)


def test_few_texts_are_no_template() -> None:
    texts = [ENGLISH.format(word) for word in WORDS[ENGLISH]]
    assert near(texts[: LEAST - 1])[0] and not near(texts[:LEAST])[0]


def test_near_copies_of_one_text_stay_near() -> None:
    """Each has one word of its own, anywhere."""
    words = " ".join(f"w{n}" for n in range(120)).split()
    texts = [" ".join([*words[:n], f"other{n}", *words[n + 1 :]]) for n in range(5, 115, 5)]
    pairs, apart = near(texts)
    assert apart == 0 and {row for pair in pairs for row in pair} == set(range(len(texts)))


def test_groups_may_be_read_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [template.format(word) for n in range(10) for template, words in WORDS.items() for word in words[n : n + 1]]
    whole = near(texts)
    monkeypatch.setattr("tunec.runtime.text.boilerplate._AT_ONCE", 5)
    assert near(texts) == whole == (set(), 20)
