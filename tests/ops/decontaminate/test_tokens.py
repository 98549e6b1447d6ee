from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.runtime.ops.decontaminate.tokens import tokens

TEN = "a b c d e f g h i j"


def found(
    texts: list[str], items: list[str], longer_than: int, share: float = 0.8, skips: int = 0
) -> list[tuple[int, int, float]]:
    given = pl.Series(texts, dtype=pl.String), pl.Series(items, dtype=pl.String)
    result = tokens(*given, longer_than, share=share, skips=skips)
    return result.filter("convicts").select("text", "item", "value").rows()


def test_eight_of_ten_words_lie_on_the_threshold() -> None:
    # One run of five and one of three are common; the word between them is not.
    assert found(["a b c d e X g h i Y"], [TEN], 2) == [(0, 0, 0.8)]
    assert found(["a b c d e X g h i Y"], [TEN], 3) == []
    assert found(["a b c d X Y g h i Z"], [TEN], 2) == []


def test_a_run_is_longer_than_the_number() -> None:
    assert found([TEN], [TEN], 9) == [(0, 0, 1.0)]
    assert found([TEN], [TEN], 10) == []


def test_other_words_may_stand_in_a_run_after_its_first_ones() -> None:
    # The first three are the same, then one is another, then five are the same: nine words of ten, in one run.
    assert found(["a b c X e f g h i Y"], [TEN], 3, 0.9, skips=1) == [(0, 0, 0.9)]
    assert found(["a b c X e f g h i Y"], [TEN], 3, 0.9) == []
    # Where the difference comes earlier, no run begins before it.
    assert found(["a b X d e f g h i j"], [TEN], 3, 0.8, skips=1) == []


def test_a_run_does_not_end_in_another_word() -> None:
    assert found(["a b c d e f X Y Z W"], [TEN], 3, 0.6, skips=4) == [(0, 0, 0.6)]
    assert found(["a b c d e f X Y Z W"], [TEN], 3, 0.7, skips=4) == []


def test_the_budget_is_for_each_run() -> None:
    assert found(["a b c X e Y g h i j"], [TEN], 3, 1.0, skips=2) == [(0, 0, 1.0)]
    # With one, the first run ends before the second difference; a second run begins with `g h i`.
    assert found(["a b c X e Y g h i j"], [TEN], 3, 0.9, skips=1) == [(0, 0, 0.9)]


def test_four_words_of_a_run_may_differ_unless_the_spec_says_otherwise() -> None:
    words = [f"w{n}" for n in range(30)]
    four, five = ([*words] for _ in range(2))
    for changed, places in ((four, (11, 14, 17, 20)), (five, (11, 13, 15, 17, 19))):
        for place in places:
            changed[place] = "X"
    item = pl.Series([" ".join(words)])
    value = [tokens(pl.Series([" ".join(t)]), item)["value"].to_list() for t in (four, five)]
    # Five: the first run ends in word 18; after the fifth difference ten words are the same, too few for a run.
    assert value == [[1.0], [19 / 30]]


def test_the_runs_may_stand_anywhere_in_the_text() -> None:
    assert found(["f g h i j and a b c d e"], [TEN], 4) == [(0, 0, 1.0)]


def test_overlapping_runs_count_once() -> None:
    assert found(["a b c d b c d e"], ["a b c d e"], 2, 1.0) == [(0, 0, 1.0)]


def test_pairs_below_the_threshold_are_said_and_do_not_convict() -> None:
    pairs = tokens(pl.Series(["a b c d X"]), pl.Series([TEN]), 3, share=0.8)
    assert pairs.select("text", "item", "value", "convicts").rows() == [(0, 0, 0.4, False)]
    assert pairs["spans"].to_list() == [[{"first": 0, "after": 4}]]


def test_chinese_is_compared_by_character() -> None:
    assert found(["小明有五个苹果了"], ["小明有五个苹果吗"], 5) == [(0, 0, 7 / 8)]
    assert found(["小明有五个苹果和两个梨子"], ["小明有五个苹果或两个梨子"], 5, 1.0, skips=1) == [(0, 0, 1.0)]


def test_an_item_no_longer_than_the_run_is_never_found() -> None:
    assert found(["a b"], ["a b"], 2) == []
    assert found([], ["a b"], 2) == []
    assert found(["a b"], [], 2) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcd"), max_size=12), max_size=4, unique_by=tuple),
    st.lists(st.lists(st.sampled_from("abcd"), max_size=10), max_size=4),
    st.integers(1, 3),
    st.integers(0, 2),
)
def test_agrees_with_marking_words(texts: list[list[str]], items: list[list[str]], longer: int, skips: int) -> None:
    wanted = []
    for t, text in enumerate(texts):
        for i, item in enumerate(items):
            marked = _marked(text, item, longer, skips)
            if marked and len(marked) * 10 >= len(item) * 5:
                wanted.append((t, i, len(marked) / len(item)))
    assert found([" ".join(t) for t in texts], [" ".join(i) for i in items], longer, 0.5, skips) == wanted


def _marked(text: list[str], item: list[str], longer: int, skips: int) -> set[int]:
    """The places of the item's words that stand in a run, by trying every run there is."""
    marked: set[int] = set()
    for here in range(len(text)):
        for there in range(len(item)):
            for length in range(longer + 1, min(len(text) - here, len(item) - there) + 1):
                same = [text[here + k] == item[there + k] for k in range(length)]
                if all(same[:longer]) and same[-1] and same.count(False) <= skips:
                    marked |= set(range(there, there + length))
    return marked
