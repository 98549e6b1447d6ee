from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import LETTERS, MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.strip import strip

of = partial(values, strip)


@pytest.mark.parametrize(
    ("text", "bare"),
    [(" \n x y\t", "x y"), ("\u3000你好 吗\u3000\n", "你好 吗"), ("\u00a0x\u2003", "x"), (" \u3000", ""), ("", "")],
)
def test_by_hand(text: str, bare: str) -> None:
    assert of([text]) == [bare]


def test_missing() -> None:
    missing_stays(of)


@MANY
@given(TEXTS)
def test_of_a_row_alone(texts: list[str | None]) -> None:
    row_wise(of, texts)


@MANY
@given(st.text(" \n\t\u00a0\u3000", max_size=3), st.text(LETTERS, max_size=12), st.text(" \r\n\u3000", max_size=3))
def test_is_what_python_says(before: str, text: str, behind: str) -> None:
    assert of([before + text + behind]) == [text.strip()]
