from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import LETTERS, MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.ends_with import ends_with


@pytest.mark.parametrize(
    ("text", "suffix", "found"),
    [
        ("The answer is:", ":", True),
        ("THE END", "end", False),
        ("The end ", "end", False),
        ("abc", ".", False),
        ("请回答：", "：", True),
        ("请回答：", ":", False),
        ("", "x", False),
        ("x", "", True),
    ],
)
def test_by_hand(text: str, suffix: str, found: bool) -> None:
    assert values(ends_with, [text], suffix) == [found]


def test_missing() -> None:
    missing_stays(lambda texts: values(ends_with, texts, "x"))


@MANY
@given(TEXTS, st.text(LETTERS, max_size=2))
def test_is_what_python_says(texts: list[str | None], suffix: str) -> None:
    texts = [*texts, *(text and text + suffix for text in texts)]
    row_wise(lambda given: values(ends_with, given, suffix), texts)
    assert values(ends_with, texts, suffix) == [None if text is None else text.endswith(suffix) for text in texts]
