from __future__ import annotations

from collections import Counter
from fractions import Fraction
from operator import eq, ge, gt, le, lt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build
from tests.ops.material import MANY, conserved, constraint, instructions
from tunec.runtime.building.broken_checks import CheckBroken
from tunec.runtime.ops.stages.check import check


@pytest.mark.parametrize(
    ("promise", "column"),
    [
        ("share(refusal(response)) <= 0.25", [True, False, False, None]),
        ("share(refusal(response)) == 0.25", [True, False, False, None]),
        ("count(train) >= 3", [True, True, True, None]),
        ("count(lang(prompt)) >= 2", ["en", "en", "zh", "zh"]),
        ("share(lang(prompt)) <= 0.5", ["en", "en", "中文", "中文"]),
        ("share(lang(prompt)) <= 0.25", ["en", None, None, None]),  # missing is no value
    ],
)
def test_what_holds(promise: str, column: list[Any]) -> None:
    rows = instructions(["a", "b", "c", "d"])
    outcome = check(rows, promise=constraint(promise, column))
    assert outcome.rows.equals(rows)
    conserved(rows, outcome)


@pytest.mark.parametrize(
    ("promise", "column", "said"),
    [
        ("share(x) <= 0.25", [True, True, False, None], "share(x) <= 0.25, but it is 50.00% of 4 rows"),
        ("share(x) == 0.25", [False, False, False, None], "share(x) == 0.25, but it is 0.00% of 4 rows"),
        ("count(x) >= 3", [True, True, False, None], "count(x) >= 3, but it is 2 of 4 rows"),
        ("count(x) == 1", [True, True, False, None], "count(x) == 1, but it is 2 of 4 rows"),
        ("share(t) <= 0.5", ["en", "中文", "中文", "中文"], "share(t) <= 0.5, but it is 75.00% for '中文' of 4 rows"),
        ("count(t) >= 2", ["en", "en", "en", "zh"], "count(t) >= 2, but it is 1 for 'zh' of 4 rows"),
    ],
)
def test_what_does_not(promise: str, column: list[Any], said: str) -> None:
    rows = instructions(["a", "b", "c", "d"])
    outcome = check(rows, promise=constraint(promise, column))
    assert outcome.findings is not None and outcome.findings["broken"]["said"] == f"check failed: {said}"
    assert outcome.rows.equals(rows)


def test_of_no_rows() -> None:
    rows = instructions([])
    assert check(rows, promise=constraint("share(x) <= 0.0", [])).rows.height == 0


def test_in_a_spec(tmp_path: Path) -> None:
    text = """
source s = rows([{instruction: "Say hello.", response: "Hello!"}, {instruction: "说你好。", response: "你好"}])
dataset out from s { check share(contains(prompt, "你好")) <= LIMIT }
"""
    assert build(tmp_path / "a", text.replace("LIMIT", "50%")).built is not None
    with pytest.raises(CheckBroken, match=r"but it is 50\.00% of 2 rows"):
        build(tmp_path / "b", text.replace("LIMIT", "40%"))
    with pytest.raises(CheckBroken, match=r"in 60%\.\.70%, but it is 50\.00% of 2 rows"):
        build(tmp_path / "c", text.replace("<= LIMIT", "in 60%..70%"))


@MANY
@given(
    st.lists(st.none() | st.sampled_from(["en", "zh"]), min_size=1, max_size=8),
    st.sampled_from(["<=", ">=", "==", "<", ">"]),
    st.integers(0, 8),
    st.booleans(),
)
def test_is_broken_where_a_count_says_so(column: list[str | None], operator: str, eighths: int, share: bool) -> None:
    rows = instructions(["x"] * len(column))
    whole, bound = (len(column), Fraction(eighths, 8)) if share else (1, Fraction(eighths))
    found = [Fraction(n, whole) for n in Counter(v for v in column if v is not None).values()]
    sign = {"<=": le, "<": lt, ">=": ge, ">": gt, "==": eq}[operator]
    promise = constraint(f"{'share' if share else 'count'}(lang) {operator} {float(bound)}", column)
    if all(sign(one, bound) for one in found):
        assert check(rows, promise=promise).findings is None
    else:
        assert check(rows, promise=promise).findings
