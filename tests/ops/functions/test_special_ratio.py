from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import LETTERS, MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.alnum_ratio import alnum_ratio
from tunec.runtime.ops.functions.special_ratio import special_ratio

of = partial(values, special_ratio)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("ab, -", 0.4),
        ("中国，好", 0.25),
        ("snake_case", 0.1),
        ("a\u3000\n\t\u00a0", 0.0),
        ("e\u0301", 0.0),
        ("😀", 1.0),
        ("", None),
    ],
)
def test_by_hand(text: str, share: float | None) -> None:
    assert of([text]) == [share]


def test_missing() -> None:
    missing_stays(of)


@MANY
@given(TEXTS)
def test_of_a_row_alone(texts: list[str | None]) -> None:
    row_wise(of, texts)


@MANY
@given(st.text(LETTERS, min_size=1, max_size=30))
def test_letters_blanks_and_the_rest_are_all(text: str) -> None:
    blank = sum(c.isspace() for c in text) / len(text)
    assert of([text])[0] + values(alnum_ratio, [text])[0] + blank == pytest.approx(1)
