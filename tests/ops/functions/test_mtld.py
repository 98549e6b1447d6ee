from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, row_wise
from tunec.runtime.ops.functions.mtld import mtld

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "好", "e"]), max_size=30)


def of(texts: list[str | None], **options: float) -> list[float | None]:
    return mtld(pl.Series("t", texts, dtype=pl.String), **options).to_list()


def test_by_hand() -> None:
    # "a a" has 1 of 2 different: a factor. Forwards and backwards two factors of two words each: 4 / 2.
    assert of(["a a a a"]) == [2.0]
    # Forwards: a b c, then a makes 3 of 4 = 0.75, above 0.72: a part of a factor, 0.25 / 0.28. Backwards the same.
    assert of(["a b c a"]) == [pytest.approx(4 / (0.25 / 0.28))]
    # On the threshold a factor ends.
    assert of(["a b c a"], threshold=0.75) == [4.0]


def test_a_factor_ends_at_exactly_072() -> None:
    # 18 different of 25 words are 0.72: forwards one whole factor. Backwards the repeated words come first, as new
    # ones: w0 to w6 return in the last seven, where 18 of 25 are reached at the end as well.
    words = [f"w{n}" for n in range(18)] + [f"w{n}" for n in range(7)]
    assert of([" ".join(words)]) == [25.0]
    # One different word more, 19 of 26 = 0.7308: a part of a factor, both ways.
    more = [f"w{n}" for n in range(19)] + [f"w{n}" for n in range(7)]
    assert of([" ".join(more)]) == [pytest.approx(26 / ((1 - 19 / 26) / 0.28))]


def test_directions_differ() -> None:
    # Forwards: "a a" is a factor, "b c" none. Backwards: c b a a ends at 3 of 4.
    assert of(["a a b c"]) == [pytest.approx((4 / 1 + 4 / (0.25 / 0.28)) / 2)]


def test_chinese_and_nothing() -> None:
    assert of(["好 好 好 好", "今天天气", "", None, "The the, THE! the"]) == [2.0, None, None, None, 2.0]
    # 我 爱 北京 我: three of four.
    assert of(["我爱北京，我"]) == [pytest.approx(4 / (0.25 / 0.28))]


def _mtld(words: list[str], threshold: float) -> float | None:
    """As it is written in the paper, one word after another."""

    def factors(words: list[str]) -> float:
        whole, seen = 0.0, []
        for word in words:
            seen.append(word)
            if len(set(seen)) / len(seen) <= threshold:
                whole, seen = whole + 1, []
        return whole + (1 - len(set(seen)) / len(seen)) / (1 - threshold) if seen else whole

    there, back = factors(words), factors(words[::-1])
    return (len(words) / there + len(words) / back) / 2 if there and back else None


@MANY
@given(st.lists(st.none() | WORDS, max_size=6), st.sampled_from([0.72, 0.5, 0.75]))
def test_is_the_plain_loop(texts: list[list[str] | None], threshold: float) -> None:
    column = [None if text is None else " ".join(text) for text in texts]
    row_wise(lambda given: of(given, threshold=threshold), column)
    assert of(column, threshold=threshold) == [None if text is None else _mtld(text, threshold) for text in texts]
