from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.material import chats, context, instructions
from tunec.runtime.base.values import Outcome
from tunec.runtime.ops.stages.split import split

NINETY = {"train": 0.9, "validation": 0.1}


def sizes(outcome: Outcome) -> dict[str, int]:
    return dict(outcome.rows["split"].value_counts().iter_rows())


def test_sizes_are_exact_and_rows_keep_their_order() -> None:
    rows = instructions([f"prompt number {n} {n * n}" for n in range(100)])
    outcome = split(rows, shares=NINETY, ctx=context())
    assert sizes(outcome) == {"train": 90, "validation": 10}
    assert outcome.rows.drop("split").equals(rows)
    assert outcome.drops.height == 0
    assert sizes(split(rows, shares={"train": 0.8, "validation": 0.1, "test": 0.1}, ctx=context())) == {
        "train": 80, "validation": 10, "test": 10,
    }  # fmt: skip


def test_near_duplicates_stay_together() -> None:
    nine = "one two three four five six seven eight nine"
    prompts = [nine, nine.upper(), nine.removesuffix(" nine"), "请介绍一下中国历史", "请介绍一下中国历", "another"]
    for seed in range(12):
        found = split(instructions(prompts), shares={"train": 0.5, "test": 0.5}, ctx=context(seed)).rows["split"]
        assert len(set(found[:3])) == 1
        assert len(set(found[3:5])) == 1


def test_an_edit_upstream_moves_only_rows_at_the_border() -> None:
    rows = instructions([f"prompt number {n} {n * n}" for n in range(200)])
    before = dict(split(rows, shares=NINETY, ctx=context()).rows.select("id", "split").iter_rows())
    fewer = rows.filter(pl.col("position") % 10 != 3)[::-1]
    after = dict(split(fewer, shares=NINETY, ctx=context()).rows.select("id", "split").iter_rows())
    assert sum(before[i] != after[i] for i in after) <= 4
    assert sum(s == "validation" for s in after.values()) == 18


def test_the_order_of_the_block_does_not_matter() -> None:
    rows = instructions([f"prompt number {n} {n * n}" for n in range(50)])
    a = split(rows, shares={"train": 0.8, "validation": 0.2}, ctx=context())
    b = split(rows, shares={"validation": 0.2, "train": 0.8}, ctx=context())
    assert a.rows.equals(b.rows)


def test_every_stratum_is_split_and_rounding_does_not_add_up() -> None:
    rows = instructions([f"prompt number {n} {n * n}" for n in range(100)])
    kinds = pl.Series([f"kind {n // 5}" for n in range(100)])
    outcome = split(rows, stratify=kinds, shares=NINETY, ctx=context())
    assert sizes(outcome) == {"train": 90, "validation": 10}
    chosen = kinds.filter(outcome.rows["split"] == "validation")
    assert chosen.value_counts()["count"].max() == 1


def test_groups_of_another_column() -> None:
    rows = instructions([f"prompt number {n} {n * n}" for n in range(20)])
    group = pl.Series([f"document {n // 5}" for n in range(20)])
    outcome = split(rows, group=group, shares={"train": 0.75, "test": 0.25}, ctx=context())
    assert sizes(outcome) == {"train": 15, "test": 5}
    assert (
        outcome.rows.with_columns(g=group).group_by("g").agg(pl.col("split").n_unique())["split"].to_list() == [1] * 4
    )


def test_the_same_content_and_copies_of_a_row_stay_together_whatever_the_group_says() -> None:
    prompts = [f"prompt number {n} {n * n}" for n in range(10)]
    rows = instructions(prompts * 2).with_columns(id=pl.Series([f"r{n}" for n in range(20)]))
    copies = rows.head(10).with_columns(response=pl.lit("edited since"))
    everything = pl.concat([rows, copies])
    for group in ([None] * 30, [f"document {n}" for n in range(30)]):
        for seed in range(4):
            given = pl.Series(group, dtype=pl.String)
            found = split(everything, group=given, shares={"train": 0.5, "test": 0.5}, ctx=context(seed)).rows["split"]
            assert found[:10].equals(found[10:20])
            assert found[:10].equals(found[20:])
            assert set(found) == {"train", "test"}


def test_equal_chats_in_which_nobody_asks_stay_together() -> None:
    rows = chats([[("assistant", f"Say {n % 5}.")] for n in range(10)])
    found = split(rows, shares={"train": 0.6, "test": 0.4}, ctx=context()).rows["split"]
    assert found[:5].equals(found[5:])


def test_a_huge_group_does_not_fill_a_small_split() -> None:
    rows = instructions(["the same prompt again and again"] * 60 + [f"prompt number {n} {n * n}" for n in range(40)])
    for seed in range(10):
        assert sizes(split(rows, shares=NINETY, ctx=context(seed))) == {"train": 90, "validation": 10}


def test_a_split_without_rows_is_said() -> None:
    rows = instructions(["a b c", "d e f"])
    outcome = split(rows, shares=NINETY, ctx=context())
    assert sizes(outcome) == {"train": 2}
    assert outcome.notes == ("split `validation` has no rows: 10% of 2 rows is less than one group",)
    assert split(rows.head(0), shares=NINETY, ctx=context()).rows["split"].to_list() == []


@settings(max_examples=24, deadline=None)
@given(
    st.lists(st.integers(0, 6), max_size=30),
    st.sampled_from([{"train": 0.9, "validation": 0.1}, {"train": 0.6, "validation": 0.3, "test": 0.1}]),
    st.integers(0, 5),
)
def test_groups_stay_whole_and_sizes_are_within_one(groups: list[int], shares: dict[str, float], seed: int) -> None:
    rows = instructions([f"prompt number {n} {n * n}" for n in range(len(groups))])
    outcome = split(
        rows, group=pl.Series([f"group {g} {g * 7}" for g in groups], dtype=pl.String), shares=shares, ctx=context(seed)
    )
    found = outcome.rows["split"].to_list()
    assert all(found[a] == found[b] for a in range(len(groups)) for b in range(a) if groups[a] == groups[b])
    largest = max((groups.count(g) for g in groups), default=0)
    for name, share in shares.items():
        slack = largest * (len(shares) - 1 if name == "train" else 1)
        assert abs(found.count(name) - share * len(groups)) <= max(slack, 1)


def talk(*turns: str) -> list[tuple[str, str]]:
    return [("assistant" if n % 2 else "user", turn) for n, turn in enumerate(turns)]


def test_chats_that_begin_alike_stay_together_and_a_shared_follow_up_joins_nothing() -> None:
    first = {
        topic: (f"Please tell me something about the history of {topic}.", f"{topic} has a long and rich history.")
        for topic in ("Rome", "whales", "鲸鱼")
    }
    ends = [("Continue.", "All right."), ("And the food?", "It is good."), ("Say it shorter.", "No."), ("继续", "好")]
    rows = chats([talk(*begin, *end) for begin in first.values() for end in ends])
    both = set()
    for seed in range(6):
        found = split(rows, shares={"train": 0.67, "test": 0.33}, ctx=context(seed)).rows["split"].to_list()
        groups = [set(found[n : n + 4]) for n in (0, 4, 8)]
        assert all(len(group) == 1 for group in groups)
        both |= {frozenset(found)}
    assert both == {frozenset({"train", "test"})}


def test_a_greeting_at_the_beginning_joins_nothing() -> None:
    rows = chats([talk("Hi", "Hello!", f"What is the number {n} times {n + n}?", "Much.") for n in range(20)])
    assert sizes(split(rows, shares=NINETY, ctx=context())) == {"train": 18, "validation": 2}
