from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, kept_by
from tunec.runtime.ops.keep.first import first


def test_it_has_no_priority() -> None:
    assert first() is None


def test_english_and_chinese() -> None:
    assert kept_by(["red", "写诗", "Red", "写诗", "blue"], lambda rows: first()) == [0, 1, 4]


@MANY
@given(st.lists(st.sampled_from("ab诗"), max_size=8))
def test_the_first_of_each_group_stays(prompts: list[str]) -> None:
    assert kept_by(prompts, lambda rows: first()) == [n for n, p in enumerate(prompts) if p not in prompts[:n]]
