"""What is wrong with a regular expression is known before it runs, and what runs is not refused."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.compiler.regexes import fault

ATOMS = [
    "a",
    "[a-z]",
    ".",
    r"\d",
    r"\w",
    r"\s",
    "ab",
    "é",
    "中",
    "[一-鿿]",
    "(?i:k)",
    r"\p{Lu}",
    "[^x]",
    r"[\d_]",
    r"[\w\W]",
]


def runs(pattern: str) -> bool:
    try:
        pl.Series(["x"]).str.contains(pattern, literal=False)
    except pl.exceptions.ComputeError:
        return False
    return True


@pytest.mark.parametrize(
    "pattern", [r"(((a{1,1000}){1,1000}){1,1000})", r"\w{300}", "a{400000}", r"[\w-]{300}", ".{15000}", r"\d{3000}"]
)
def test_a_pattern_that_is_too_large(pattern: str) -> None:
    assert fault(pattern).startswith("it is too large")
    assert not runs(pattern)


@pytest.mark.parametrize("pattern", [r"\w{200}", r"(?-u)\w{300}", "a{300000}", r"[\w\W]{300}", "(?:ab|c{10,}){3000}"])
def test_a_pattern_that_is_large(pattern: str) -> None:
    assert fault(pattern) == ""
    assert runs(pattern)


def repeated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    times = st.tuples(st.integers(0, 3), st.integers(3, 60))
    return st.one_of(
        st.tuples(inner, times).map(lambda p: f"(?:{p[0]}){{{p[1][0]},{p[1][1]}}}"),
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda p: f"(?:{p[0]}|{p[1]})"),
    )


@given(st.recursive(st.sampled_from(ATOMS), repeated, max_leaves=6))
@settings(max_examples=150, deadline=None)
def test_nothing_that_runs_is_refused(pattern: str) -> None:
    assert not fault(pattern) or not runs(pattern)
