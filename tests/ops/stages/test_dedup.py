from __future__ import annotations

import random
import tracemalloc
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import bound, conserved, context, drops, instructions
from tunec.runtime.base.values import Bound, Outcome
from tunec.runtime.ops.dedup.exact import exact
from tunec.runtime.ops.dedup.near import near
from tunec.runtime.ops.keep.best import best
from tunec.runtime.ops.keep.first import first
from tunec.runtime.ops.keep.longest import longest
from tunec.runtime.ops.stages.dedup import dedup
from tunec.runtime.text.clusters import grouped
from tunec.runtime.text.links import Links
from tunec.runtime.text.matches import pairs

NINE = "one two three four five six seven eight nine"
EXACT = bound("exact(prompt)", lambda rows: exact(rows["instruction"]))
NEAR = bound("near(prompt)", lambda rows: near(rows["instruction"], ctx=context()))


def linked(text: str, *links: tuple[int, int, float]) -> Bound:
    """A rule that has these pairs."""
    left, right, value = zip(*links, strict=True) if links else ((), (), ())
    ends = np.array(left, dtype=np.int64), np.array(right, dtype=np.int64)
    return bound(text, lambda rows: pairs(*ends, np.array(value), ">= 0.5"))


def test_one_row_of_each_group_stays() -> None:
    rows = instructions([NINE, "other", NINE.upper(), NINE.removesuffix(" nine"), "other"])
    outcome = dedup(rows, rules=[NEAR, EXACT])
    assert outcome.rows["id"].to_list() == ["r0", "r1"]
    assert drops(outcome) == [
        (2, "exact(prompt)", "1", "equal after normalisation", "r0"),
        (3, "near(prompt)", "0.8", ">= 0.8", "r0"),
        (4, "exact(prompt)", "1", "equal after normalisation", "r1"),
    ]
    assert outcome.drops["partner_text"].to_list() == [NINE, NINE, "other"]
    conserved(rows, outcome)


def test_chinese() -> None:
    rows = instructions(["请介绍一下中国历史", "请写一首诗", "请介绍一下中国历"])
    assert drops(dedup(rows, rules=[NEAR])) == [(2, "near(prompt)", "0.8", ">= 0.8", "r0")]


def test_a_chain_of_pairs_is_one_group() -> None:
    rows = instructions(["a", "b", "c", "d"])
    outcome = dedup(rows, rules=[linked("x()", (0, 1, 0.9)), linked("y()", (1, 2, 0.8), (2, 3, 0.7))])
    assert outcome.rows["id"].to_list() == ["r0"]
    # Rows 2 and 3 have no pair with the kept row; each names its strongest one.
    assert drops(outcome) == [
        (1, "x()", "0.9", ">= 0.5", "r0"),
        (2, "y()", "0.8", ">= 0.5", "r1"),
        (3, "y()", "0.7", ">= 0.5", "r2"),
    ]


def test_greedy_keeps_what_matches_no_kept_row() -> None:
    rows = instructions(["a", "b", "c", "d"])
    outcome = dedup(rows, greedy=True, rules=[linked("x()", (0, 1, 0.9), (1, 2, 0.8), (2, 3, 0.7))])
    assert outcome.rows["id"].to_list() == ["r0", "r2"]
    assert drops(outcome) == [(1, "x()", "0.9", ">= 0.5", "r0"), (3, "x()", "0.7", ">= 0.5", "r2")]


def test_greedy_sees_whole_classes() -> None:
    # Rows 1, 2, 3 are the very same to x, but row 1 falls to y: row 2 stays and row 3 matches it.
    rows = instructions(["a", "b", "c", "d"])
    outcome = dedup(rows, greedy=True, rules=[linked("x()", (1, 2, 1.0), (1, 3, 1.0)), linked("y()", (0, 1, 0.6))])
    assert outcome.rows["id"].to_list() == ["r0", "r2"]
    assert drops(outcome) == [(1, "y()", "0.6", ">= 0.5", "r0"), (3, "x()", "1", ">= 0.5", "r2")]


def test_keep_decides_who_stays_and_position_decides_ties() -> None:
    rows = instructions(["x", "x", "x", "y", "y"], ["aa", "bbb", "ccc", "d", "d"], score=[3.0, None, 4.0, 1.0, 1.0])
    by_length = bound("longest(response)", lambda rows: longest(rows["response"]))
    by_score = bound("best(score)", lambda rows: best(rows["score"]))
    by_place = bound("first()", lambda rows: first())
    assert dedup(rows, keep=by_length, rules=[EXACT]).rows["id"].to_list() == ["r1", "r3"]
    assert dedup(rows, keep=by_score, rules=[EXACT]).rows["id"].to_list() == ["r2", "r3"]
    assert dedup(rows, keep=by_place, rules=[EXACT]).rows["id"].to_list() == ["r0", "r3"]
    assert dedup(rows, rules=[EXACT]).rows["id"].to_list() == ["r0", "r3"]


def test_greedy_walks_the_best_first() -> None:
    rows = instructions(["a", "b", "c"], score=[1.0, 2.0, 3.0])
    by_score = bound("best(score)", lambda rows: best(rows["score"]))
    outcome = dedup(rows, keep=by_score, greedy=True, rules=[linked("x()", (0, 1, 0.9), (1, 2, 0.8))])
    assert outcome.rows["id"].to_list() == ["r0", "r2"]
    assert drops(outcome) == [(1, "x()", "0.8", ">= 0.5", "r2")]


def test_rows_of_an_earlier_version_win() -> None:
    earlier = instructions(["x", "q"]).with_columns(id=pl.Series(["old0", "old1"]))
    rows = instructions(["w", "X", "v"], score=[1.0, 2.0, 3.0])
    outcome = dedup(rows, keep=bound("best(score)", lambda rows: best(rows["score"])), against=earlier, rules=[EXACT])
    assert outcome.rows["id"].to_list() == ["r0", "r2"]
    assert drops(outcome) == [(1, "exact(prompt)", "1", "equal after normalisation", "old0")]
    assert outcome.rows.columns == rows.columns


def test_a_row_with_duplicates_takes_little_memory() -> None:
    rows = 20_000
    left = np.arange(0, rows, 2)
    found = pairs(left, left + 1, np.where(left % 4, 0.9, 1.0), ">= 0.8")
    tracemalloc.start()
    try:
        gone = grouped([Links("exact()", found, rows), Links("near()", found, rows)], np.zeros(rows), 0)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert gone.height == rows // 2
    assert most < 250 * rows  # five million of these rows are to be decided on within a gigabyte


def test_nothing_to_do() -> None:
    rows = instructions(["a", "b"])
    assert dedup(rows, rules=[EXACT]).rows.equals(rows)
    assert dedup(rows.head(0), rules=[EXACT, NEAR]).rows.height == 0


LINKS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from([0.6, 0.7, 0.9])), max_size=12)


def rules_of(links: list[list[tuple[int, int, float]]]) -> list[Bound]:
    rules = []
    for number, some in enumerate(links):
        unique = {(min(a, b), max(a, b)): v for a, b, v in some if a != b}
        rules.append(linked(f"rule{number}()", *((a, b, v) for (a, b), v in sorted(unique.items()))))
    return rules


@settings(max_examples=24, deadline=None)
@given(st.lists(LINKS, min_size=1, max_size=3), st.booleans(), st.randoms(use_true_random=False))
def test_rules_have_no_order(links: list[list[tuple[int, int, float]]], greedy: bool, rng: random.Random) -> None:
    rows = instructions([f"text {n}" for n in range(8)])
    rules = rules_of(links)
    outcome: Outcome = dedup(rows, greedy=greedy, rules=rules)
    conserved(rows, outcome)
    rng.shuffle(rules)
    again: Any = dedup(rows, greedy=greedy, rules=rules)
    assert again.rows.equals(outcome.rows)
    assert again.drops.equals(outcome.drops)
    # Two rows that stay are linked by no rule; greedy, every other row is linked with one that stays.
    stays = [int(i[1:]) for i in outcome.rows["id"]]
    pairs_ = {frozenset((a, b)) for some in links for a, b, _ in some if a != b}
    assert not any(frozenset((a, b)) in pairs_ for a in stays for b in stays if a < b)
    if greedy:
        for row in outcome.drops["row"]:
            assert any(frozenset((row, other)) in pairs_ for other in stays if other < row)
