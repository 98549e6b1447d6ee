from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.sentences import sentences

of = partial(values, sentences)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Dr. Smith came. Did he stay? Yes!", 3),
        ("Mr. J. Doe met Prof. Li, e.g. at noon.", 1),
        ("One line\nanother line\n\n---", 2),
        ('She said "No." Then she left.', 2),
        ("Version 3.5 costs $2.50", 1),
        ("Really?! Well… fine...", 3),
        ("1. Wash the rice.\n2. Cook it", 2),
        ("(1) Wash\n(2) Cook", 2),
        ("今天天气很好。我们去玩吧！好吗？", 3),
        ("他说：“好的。”然后走了。", 2),
        ("1、洗米。\n2、煮饭。", 2),
        ("价格是3.5元。", 1),
        ("क्या? हाँ।", 2),
        ("...", 0),
        ("", 0),
    ],
)
def test_by_hand(text: str, count: int) -> None:
    assert of([text]) == [count]


def test_missing() -> None:
    missing_stays(of)


@MANY
@given(TEXTS)
def test_of_a_row_alone(texts: list[str | None]) -> None:
    row_wise(of, texts)


@MANY
@given(
    st.lists(
        st.sampled_from([("the cat sat", ". "), ("why not", "? "), ("run", "!\n"), ("他走了", "。"), ("真", "？！")])
    )
)
def test_as_many_as_were_written(parts: list[tuple[str, str]]) -> None:
    assert of(["".join(said + mark for said, mark in parts)]) == [len(parts)]
