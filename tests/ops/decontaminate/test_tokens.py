from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.runtime.ops.decontaminate.tokens import tokens

TEN = "a b c d e f g h i j"


def found(texts: list[str], items: list[str], run: int, share: float = 0.8) -> list[tuple[int, int, float]]:
    result = tokens(pl.Series(texts, dtype=pl.String), pl.Series(items, dtype=pl.String), run, share=share)
    return result.select("text", "item", "value").rows()


def test_eight_of_ten_words_lie_on_the_threshold() -> None:
    # One run of five and one of three are common; the word between them is not.
    assert found(["a b c d e X g h i Y"], [TEN], 3) == [(0, 0, 0.8)]
    assert found(["a b c d e X g h i Y"], [TEN], 4) == []
    assert found(["a b c d X Y g h i Z"], [TEN], 3) == []


def test_the_runs_may_stand_anywhere_in_the_text() -> None:
    assert found(["f g h i j and a b c d e"], [TEN], 5) == [(0, 0, 1.0)]


def test_overlapping_runs_count_once() -> None:
    assert found(["a b c d b c d e"], ["a b c d e"], 3, 1.0) == [(0, 0, 1.0)]


def test_chinese_is_compared_by_character() -> None:
    assert found(["小明有五个苹果了"], ["小明有五个苹果吗"], 5) == [(0, 0, 7 / 8)]


def test_an_item_shorter_than_the_run_is_never_found() -> None:
    assert found(["a b"], ["a b"], 3) == []


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcd"), max_size=12), max_size=4, unique_by=tuple),
    st.lists(st.lists(st.sampled_from("abcd"), max_size=10), max_size=4),
    st.integers(1, 4),
)
def test_agrees_with_marking_words(texts: list[list[str]], items: list[list[str]], run: int) -> None:
    wanted = []
    for t, text in enumerate(texts):
        runs = {tuple(text[i : i + run]) for i in range(len(text) - run + 1)}
        for i, item in enumerate(items):
            starts = [s for s in range(len(item) - run + 1) if tuple(item[s : s + run]) in runs]
            covered = len({s + k for s in starts for k in range(run)})
            if starts and covered * 10 >= len(item) * 5:
                wanted.append((t, i, covered / len(item)))
    assert found([" ".join(t) for t in texts], [" ".join(i) for i in items], run, 0.5) == wanted
