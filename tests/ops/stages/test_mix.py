from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import conserved, context, drops, instructions
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.stages.mix import mix
from tunec.runtime.text.mixture import amounts, told
from tunec.runtime.text.proportions import by_temperature, by_unimax, largest, normalized


def counted(outcome) -> dict[str, int]:
    return dict(outcome.rows["origin"].value_counts().sort("origin").iter_rows())


def test_the_largest_total_that_meets_the_shares() -> None:
    rows = instructions([f"t{n}" for n in range(5)], origin=["a", "a", "a", "b", "b"])
    outcome = mix(rows, shares={"a": 0.8, "b": 0.2}, ctx=context())
    # Three rows are 80 % of 3.75: of 4 rows they are 3.2, and one b is 0.8, both to the row.
    assert counted(outcome) == {"a": 3, "b": 1}
    ((row, rule, value, threshold, partner),) = drops(outcome)
    assert (rule, value, threshold, partner) == ("mix", "2 into its source", "<= 1", None)
    assert row in (3, 4)
    conserved(rows, outcome)


def test_rows_are_drawn_by_the_seed_and_keep_their_order() -> None:
    rows = instructions([f"t{n}" for n in range(40)], origin=["a"] * 20 + ["b"] * 20)
    outcomes = [mix(rows, total=10, shares={"a": 0.5, "b": 0.5}, ctx=context(seed)) for seed in (1, 1, 2)]
    ids = [o.rows["id"].to_list() for o in outcomes]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0] == sorted(ids[0], key=lambda i: int(i[1:]))
    assert counted(outcomes[0]) == {"a": 5, "b": 5}


def test_a_source_without_rows_is_an_error() -> None:
    with pytest.raises(OperatorError, match="mix: no rows of b"):
        mix(instructions(["x"], origin="a"), shares={"a": 0.5, "b": 0.5}, ctx=context())


def test_a_source_that_is_not_named_goes() -> None:
    rows = instructions(["x", "y", "z"], origin=["a", "b", "c"])
    assert counted(mix(rows, shares={"a": 0.5, "b": 0.5}, ctx=context())) == {"a": 1, "b": 1}


def test_a_total_out_of_reach_is_said() -> None:
    rows = instructions([f"t{n}" for n in range(6)], origin=["a"] * 4 + ["b"] * 2)
    outcome = mix(rows, total=100, shares={"a": 0.5, "b": 0.5}, ctx=context())
    assert counted(outcome) == {"a": 3, "b": 2}
    assert outcome.notes == (
        "a: 50.0% of 5 rows are 3; it has 4: 0.75 epochs",
        "b: 50.0% of 5 rows are 2; it has 2: 1.00 epochs",
        "the shares allow 5 of the 100 rows that were requested without repeating one; the whole would take more "
        "epochs: a 12.50, b 25.00",
    )


def test_shares_of_tokens_chinese() -> None:
    # Rows of a have 10 tokens, rows of b 5: four and four are two to one.
    rows = instructions(["今天天气很好我们去玩"[:10]] * 4 + ["今天天气好"] * 8, [""] * 12, origin=["a"] * 4 + ["b"] * 8)
    outcome = mix(rows, by="tokens", shares={"a": 2 / 3, "b": 1 / 3}, ctx=context())
    assert counted(outcome)["b"] in (3, 4)
    assert counted(outcome)["a"] in (3, 4)


def test_temperature_evens_sizes_out() -> None:
    shares = by_temperature({"a": 100, "b": 1}, 2)
    assert [round(float(s), 6) for s in shares.values()] == [round(10 / 11, 6), round(1 / 11, 6)]
    assert [float(s) for s in by_temperature({"a": 3, "b": 1}, 1).values()] == [0.75, 0.25]


def test_unimax_as_in_the_paper() -> None:
    shares = by_unimax({"a": 10, "b": 100, "c": 1000}, 300, 1)
    assert [share * 300 for share in shares.values()] == [10, 100, 190]
    rows = instructions([f"t{n}" for n in range(111)], origin=["a"] * 1 + ["b"] * 10 + ["c"] * 100)
    assert counted(mix(rows, unimax=1, total=30, shares={}, ctx=context())) == {"a": 1, "b": 10, "c": 19}


def repeated(outcome) -> dict[str, list[int]]:
    """How often each row that stays is there, by source."""
    found = outcome.rows.group_by("origin", "id").len().sort("origin", "len", "id")
    return {o: found.filter(origin=o)["len"].to_list() for o in found["origin"].unique().sort()}


def test_epochs_let_a_small_source_be_seen_again() -> None:
    rows = instructions([f"t{n}" for n in range(12)], origin=["a"] * 10 + ["b"] * 2)
    once = mix(rows, shares={"a": 0.5, "b": 0.5}, ctx=context())
    assert counted(once) == {"a": 3, "b": 2} and once.copies == 0 and once.notes == ()
    # Two and a half passes over b are 5 rows, and 5 (or, to the row, 6) of a beside them.
    outcome = mix(rows, epochs=2.5, shares={"a": 0.5, "b": 0.5}, ctx=context())
    assert counted(outcome) == {"a": 6, "b": 5}
    assert repeated(outcome) == {"a": [1] * 6, "b": [2, 3]}
    assert outcome.copies == 3
    assert rows.height + outcome.copies == outcome.rows.height + outcome.drops.height
    # Copies follow after all rows.
    assert set(outcome.rows["origin"][-3:]) == {"b"}
    assert outcome.rows["id"][:8].is_unique().all()
    assert outcome.notes == (
        "a: 50.0% of 11 rows are 6; it has 10: 0.60 epochs",
        "b: 50.0% of 11 rows are 5; it has 2: 2.50 epochs",
    )


def test_the_epochs_of_gpt_3() -> None:
    size = {"crawl": 410, "webtext": 19, "books1": 12, "books2": 55, "wiki": 3}  # billions of tokens
    share = {"crawl": 60, "webtext": 22, "books1": 8, "books2": 8, "wiki": 3}  # per cent
    shares = {name: Fraction(s, 100) for name, s in share.items()}
    billions = amounts(shares, {n: s * 10**9 for n, s in size.items()}, 300 * 10**9, 4, whole=False)
    epochs = {name: round(tokens / 10**9 / size[name], 2) for name, tokens in billions.items()}
    # The table has 0.44, 2.9, 1.9, 0.43 and 3.4: its shares are rounded, and sum to 101 %.
    assert epochs == {"crawl": 0.44, "webtext": 3.47, "books1": 2.0, "books2": 0.44, "wiki": 3.0}
    once = amounts(shares, {n: s * 10**9 for n, s in size.items()}, 300 * 10**9, 1, whole=False)
    # Without repeating, 22 % are at most 19 billion.
    assert once["webtext"] in (19 * 10**9, 19 * 10**9 - 1)
    lines = told(shares, size, {n: int(s * 300) for n, s in shares.items()}, 300, 4, "tokens")
    assert lines[0] == "crawl: 60.0% of 303 tokens are 180; it has 410: 0.44 epochs"


def test_tokens_and_a_total_with_epochs_in_chinese() -> None:
    # Every prompt has 3 tokens, every response 1.
    rows = instructions(["今天好"] * 10 + ["我爱你"] * 2, origin=["a"] * 10 + ["b"] * 2)
    outcome = mix(rows, by="tokens", total=32, epochs=2, shares={"a": 0.5, "b": 0.5}, ctx=context())
    assert repeated(outcome) == {"a": [1] * 4, "b": [2, 2]}
    assert outcome.notes == (
        "a: 50.0% of 32 tokens are 16; it has 40: 0.40 epochs",
        "b: 50.0% of 32 tokens are 16; it has 8: 2.00 epochs",
    )
    short = mix(rows, by="tokens", total=32, shares={"a": 0.5, "b": 0.5}, ctx=context())
    assert counted(short) == {"a": 2, "b": 2}
    assert short.notes[-1] == (
        "the shares allow 16 of the 32 tokens that were requested with 1 epochs at most; the whole would take more "
        "epochs: b 2.00"
    )


def test_unimax_may_repeat_as_often_as_it_says() -> None:
    rows = instructions([f"t{n}" for n in range(111)], origin=["a"] * 1 + ["b"] * 10 + ["c"] * 100)
    # A third of 60 is 20: a gives its 2, b of the 29 that are then even its 20, c the 38 that are left.
    assert counted(mix(rows, unimax=2, total=60, shares={}, ctx=context())) == {"a": 2, "b": 20, "c": 38}


def test_temperature_with_a_total() -> None:
    rows = instructions([f"t{n}" for n in range(110)], origin=["a"] * 100 + ["b"] * 10)
    # The roots of 100 and 10 are as 3.16 to 1: of 20 rows 15.2 and 4.8.
    assert counted(mix(rows, temperature=2, total=20, shares={}, ctx=context())) == {"a": 15, "b": 5}


@pytest.mark.parametrize("setting", [{"epochs": 0}, {"temperature": 0.0}, {"unimax": -1}, {"unimax": 2, "total": 0}])
def test_settings_that_make_no_sense(setting: dict[str, float]) -> None:
    shares = {"a": 1.0} if "epochs" in setting else {}
    with pytest.raises(OperatorError, match="must be above 0"):
        mix(instructions(["x"], origin="a"), shares=shares, ctx=context(), **setting)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), min_size=1, max_size=20),
    st.sampled_from([0.5, 1.0, 1.5, 3.0]),
    st.sampled_from(["rows", "tokens"]),
    st.one_of(st.none(), st.integers(1, 60)),
)
def test_every_row_is_taken_or_dropped_and_none_too_often(parts, epochs, by, total) -> None:
    prompts = [" ".join("x" * n) for _, n in parts]
    rows = instructions(prompts, origin=[o for o, _ in parts])
    names = sorted({o for o, _ in parts})
    shares = {n: 1 / len(names) for n in names}
    outcome = mix(rows, by=by, epochs=epochs, total=total, shares=shares, ctx=context())
    assert rows.height + outcome.copies == outcome.rows.height + outcome.drops.height
    assert set(outcome.rows["id"]) | {f"r{n}" for n in outcome.drops["row"]} == set(rows["id"])
    assert not set(outcome.rows["id"]) & {f"r{n}" for n in outcome.drops["row"]}
    if outcome.rows.height:
        assert outcome.rows.group_by("id").len()["len"].max() <= -(-epochs // 1)
    again = mix(rows, by=by, epochs=epochs, total=total, shares=shares, ctx=context())
    assert again.rows.equals(outcome.rows)


def test_one_way_to_say_the_shares() -> None:
    with pytest.raises(OperatorError, match="one of"):
        mix(instructions(["x"]), shares={}, ctx=context())


@given(
    st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(1, 30), st.integers(1, 9)), min_size=1),
    st.one_of(st.none(), st.integers(1, 60)),
)
def test_shares_hold_to_the_row_and_no_total_is_larger(parts: dict[str, tuple[int, int]], limit: int | None) -> None:
    available = {name: size for name, (size, _) in parts.items()}
    shares = normalized({name: Fraction(weight) for name, (_, weight) in parts.items()})
    counts = largest(shares, available, limit)
    total = sum(counts.values())
    assert all(abs(counts[n] - shares[n] * total) < 1 and counts[n] <= available[n] for n in shares)
    most = sum(available.values()) if limit is None else min(sum(available.values()), limit)
    for more in range(total + 1, most + 1):
        # Rounding to the nearest row, some source would need more rows than it has.
        remainders = sorted((shares[n] * more % 1 for n in shares), reverse=True)
        up = int(sum(remainders))
        border = remainders[up - 1] if up else Fraction(2)
        least = {n: shares[n] * more // 1 + (shares[n] * more % 1 > border) for n in shares}
        tied = [n for n in shares if up and shares[n] * more % 1 == border]
        room = sum(least[n] + 1 <= available[n] for n in tied)
        assert any(least[n] > available[n] for n in shares) or sum(least.values()) + room < more
