from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import LETTERS, MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.contains import contains


@pytest.mark.parametrize(
    ("text", "needle", "found"),
    [
        ("I am GPT-4", "GPT", True),
        ("I am gpt-4", "GPT", False),
        ("no dot", ".", False),
        ("a (b", "(", True),
        ("今天天气", "天气", True),
        ("今天天气", "天 气", False),
        ("", "x", False),
        ("", "", True),
    ],
)
def test_by_hand(text: str, needle: str, found: bool) -> None:
    assert values(contains, [text], needle) == [found]


def test_missing() -> None:
    missing_stays(lambda texts: values(contains, texts, "x"))


@MANY
@given(TEXTS, st.text(LETTERS, max_size=2))
def test_is_what_python_says(texts: list[str | None], needle: str) -> None:
    texts = [*texts, *(text and text[:3] + needle + text[3:] for text in texts)]
    row_wise(lambda given: values(contains, given, needle), texts)
    assert values(contains, texts, needle) == [None if text is None else needle in text for text in texts]
