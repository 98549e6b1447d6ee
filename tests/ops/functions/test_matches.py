from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.matches import matches


@pytest.mark.parametrize(
    ("text", "pattern", "found"),
    [
        ("As an AI model", r"(?i)\bas an ai\b", True),
        ("As an AI model", r"\bas an ai\b", False),
        ("has an aim", r"(?i)\bas an ai\b", False),
        ("中国", r"^\p{Han}+$", True),
        ("中国!", r"^\p{Han}+$", False),
        ("作为一个人工智能助手", "作为.*(人工智能|AI)", True),
        # The ends of the text, not of a line.
        ("a\nb", "^b", False),
        ("b\n", "b$", False),
        ("a\nb", "(?m)^b", True),
        ("a\nb", "a.b", False),
        ("", "^$", True),
    ],
)
def test_by_hand(text: str, pattern: str, found: bool) -> None:
    assert values(matches, [text], pattern) == [found]


def test_missing() -> None:
    missing_stays(lambda texts: values(matches, texts, "x"))


@MANY
@given(TEXTS, st.sampled_from(["a", "^a", r"\.", "[好的]", "(?i)AB", r"a.*b", r"\d|_", "文，?。"]))
def test_is_what_python_says(texts: list[str | None], pattern: str) -> None:
    row_wise(lambda given: values(matches, given, pattern), texts)
    known = [text for text in texts if text is not None and text.isascii()] + ["中文。", "好的", "Ab", "a\nb"]
    assert values(matches, known, pattern) == [re.search(pattern, text) is not None for text in known]
