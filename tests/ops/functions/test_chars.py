from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given

from tests.ops.material import MANY, TEXTS, missing_stays, row_wise, values
from tunec.runtime.ops.functions.chars import chars

of = partial(values, chars)


@pytest.mark.parametrize(
    ("text", "count"), [("naïve", 5), ("今天", 2), ("e\u0301", 2), ("👩\u200d🚀", 3), (" a\n", 3), ("", 0)]
)
def test_by_hand(text: str, count: int) -> None:
    assert of([text]) == [count]


def test_missing() -> None:
    missing_stays(of)


@MANY
@given(TEXTS)
def test_is_the_length_in_python(texts: list[str | None]) -> None:
    row_wise(of, texts)
    assert of(texts) == [None if text is None else len(text) for text in texts]
