from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import LETTERS, MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.starts_with import starts_with


@pytest.mark.parametrize(
    ("text", "prefix", "found"),
    [
        ("Write a program that sorts", "Write a program", True),
        ("Write", "write", False),
        (" Write", "Write", False),
        ("abc", ".", False),
        ("请解释", "请", True),
        ("解释，请", "请", False),
        ("", "x", False),
        ("x", "", True),
    ],
)
def test_by_hand(text: str, prefix: str, found: bool) -> None:
    assert values(starts_with, [text], prefix) == [found]


def test_missing() -> None:
    missing_stays(lambda texts: values(starts_with, texts, "x"))


@MANY
@given(TEXTS, st.text(LETTERS, max_size=2))
def test_is_what_python_says(texts: list[str | None], prefix: str) -> None:
    texts = [*texts, *(text and prefix + text for text in texts)]
    row_wise(lambda given: values(starts_with, given, prefix), texts)
    assert values(starts_with, texts, prefix) == [None if text is None else text.startswith(prefix) for text in texts]
