"""The finder `matches`: every place that a pattern fits."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, TEXTS
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.finders.matches import matches


def places(texts: list[str | None], pattern: str) -> list[tuple[int, int, int, str]]:
    found = matches("response", pattern).places(pl.Series(texts, dtype=pl.String))
    assert found.columns == ["text", "start", "end", "kind"]
    return found.rows()


@pytest.mark.parametrize(
    ("text", "pattern", "found"),
    [
        ("xab ab ab1", r"\bab\b", [(4, 6)]),
        ("价格ab元", r"\bab\b", []),  # Han characters are letters of words
        ("价格ab元", "ab|格", [(1, 2), (2, 4)]),
        ("工单ACME-12和ACME-7。", "ACME-[0-9]+", [(2, 9), (10, 16)]),
        ("😀a😀a", "a", [(1, 2), (3, 4)]),  # characters, not bytes
        ("aaa", "aa", [(0, 2)]),  # none over another
        ("Ab", "(?i)AB", [(0, 2)]),
        ("ab", "a(b)", [(0, 2)]),  # the whole match, whatever its groups
        ("bbb", "z*", []),  # nothing is no place
        ("", "a", []),
        ("a\nb", "(?m)^b$", [(2, 3)]),
    ],
)
def test_by_hand(text: str, pattern: str, found: list[tuple[int, int]]) -> None:
    assert places([None, text], pattern) == [(1, start, end, "match") for start, end in found]


def test_the_field_is_told_to_who_looks() -> None:
    assert matches("prompt", "a").field == "prompt"


def test_characters_that_mark_places_inside_are_no_trouble() -> None:
    assert places(["a\ufdd0b c\ufdd1c"], "c") == [(0, 4, 5, "match"), (0, 6, 7, "match")]


def test_a_pattern_that_is_none() -> None:
    with pytest.raises(OperatorError, match="`\\(` is not a valid regular expression"):
        places(["a"], "(")


@MANY
@given(TEXTS, st.sampled_from(["a", "[aB]+", r"\.", "[好的]", "(?i)AB", r"[0-9]|_", "文，?。"]))
def test_places_are_those_of_python(texts: list[str | None], pattern: str) -> None:
    expected = [
        (number, match.start(), match.end(), "match")
        for number, text in enumerate(texts)
        for match in re.finditer(pattern, text or "")
    ]
    assert places(texts, pattern) == expected
