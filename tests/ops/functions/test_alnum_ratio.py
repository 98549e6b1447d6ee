from __future__ import annotations

import unicodedata
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import LETTERS, MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.alnum_ratio import alnum_ratio

of = partial(values, alnum_ratio)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("ab1 -", 0.6),
        ("中国，好", 0.75),
        ("snake_case", 0.9),
        ("e\u0301", 1.0),  # a mark belongs to its letter
        ("हिन्दी", 1.0),
        ("١٢٣", 1.0),
        ("…!?", 0.0),
        ("😀", 0.0),
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
def test_is_a_count_of_categories(text: str) -> None:
    assert of([text]) == [sum(unicodedata.category(c)[0] in "LMN" for c in text) / len(text)]
