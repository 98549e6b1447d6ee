from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import LETTERS, MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.lower import lower

of = partial(values, lower)


@pytest.mark.parametrize(
    ("text", "small"),
    [("N/A", "n/a"), ("ÀB 中", "àb 中"), ("ＡＢ，甲", "ａｂ，甲"), ("Straße", "straße"), ("ΟΔΟΣ", "οδος"), ("", "")],
)
def test_by_hand(text: str, small: str) -> None:
    assert of([text]) == [small]


def test_missing() -> None:
    missing_stays(of)


@MANY
@given(TEXTS)
def test_of_a_row_alone(texts: list[str | None]) -> None:
    row_wise(of, texts)


@MANY
@given(st.text(LETTERS + "ÄΣßЖ", max_size=20))
def test_is_what_python_says_and_stays_so(text: str) -> None:
    assert of([text]) == [text.lower()]
    assert of(of([text])) == of([text])
