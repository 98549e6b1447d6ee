from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import TINY, bag, context, instructions
from tests.ops.select.points import TEXTS, degrees, integers, known
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.select.facility_location import facility_location
from tunec.runtime.text.ranks import keys


def chosen(texts: Sequence[str | None], count: int, embed=bag, sample: int | None = None, seed: int = 7) -> list[int]:
    rows = instructions(texts)
    return facility_location(
        rows["instruction"], using=TINY, sample=sample, rows=rows, count=count, ctx=context(seed, embed)
    ).tolist()


def by_hand(texts: Sequence[str | None], count: int, over: Sequence[int] | None = None) -> list[int]:
    """Textbook: the value of every choice anew in every round, in whole numbers; summed `over` rows."""
    points = integers(texts)
    likeness = {i: {j: int(points[i] @ points[j]) for j in points} for i in points}
    result: list[int] = []

    def value(choice: Sequence[int]) -> int:
        rows = points if over is None else over
        return sum(max([0, *(likeness[i][j] for j in choice)]) for i in rows)

    while len(result) < min(count, len(points)):
        free = [n for n in points if n not in result]
        gain, place = max((value([*result, n]) - value(result), -n) for n in free)
        if gain == 0:
            break
        result.append(-place)
    rest = [n for n in known(texts) if n not in result] + [n for n in range(len(texts)) if n not in points]
    return (result + rest)[:count]


def test_the_middle_comes_first_then_what_it_covers_least() -> None:
    # 40° is worth cos 40° + cos 20° + 1 + cos 20° + cos 45° = 4.35, more than any other. Then 85° adds 1 - cos 45° =
    # 0.29, where 60° adds 0.06 for itself and 0.20 for 85°; then 0° adds 1 - cos 40° = 0.23.
    assert chosen(["0", "20", "40", "60", "85"], 3, degrees) == [2, 4, 0]


def test_copies_count_as_often_as_they_are_there_and_add_nothing() -> None:
    # Three at 90° outweigh two at 0°.
    assert chosen(["0", "90", "90", "0", "90"], 5, degrees) == [1, 0, 2, 3, 4]


def test_opposites_do_not_count_against_a_choice() -> None:
    assert chosen(["180", "0", "0"], 2, degrees) == [1, 0]


def test_chinese_and_missing_texts() -> None:
    texts = ["今天天气好", None, "今天天气很好", "我爱数学", " "]
    assert chosen(texts, 2)[1] == 3
    assert chosen(texts, 5)[3:] == [1, 4]
    assert chosen([], 2) == []


@settings(max_examples=32, deadline=None)
@given(TEXTS, st.integers(0, 12))
def test_agrees_with_the_textbook(texts: list[str | None], count: int) -> None:
    assert chosen(texts, count) == by_hand(texts, count)


def test_blocks_change_nothing(monkeypatch) -> None:
    texts = [f"{'a' * (n % 7)} w{n % 13} x{n % 5}" for n in range(60)]
    whole = chosen(texts, 30)
    for name, size in (("_BLOCK", 130), ("_KEPT", 200), ("_AHEAD", 3), ("_COLUMNS", 7)):
        monkeypatch.setattr(f"tunec.runtime.text.facilities.{name}", size)
    assert chosen(texts, 30) == whole == by_hand(texts, 30)


@settings(max_examples=24, deadline=None)
@given(TEXTS, st.integers(0, 12), st.integers(1, 12), st.integers(0, 3))
def test_a_sample_is_all_that_is_summed_over(texts: list[str | None], count: int, sample: int, seed: int) -> None:
    drawn = sorted(known(texts), key=lambda n: keys(seed, [f"r{n}"])[0])[:sample]
    assert chosen(texts, count, sample=sample, seed=seed) == by_hand(texts, count, drawn)


def test_a_sample_has_a_row() -> None:
    with pytest.raises(OperatorError, match="`sample` must be at least 1, not 0"):
        chosen(["a", "b"], 1, sample=0)
