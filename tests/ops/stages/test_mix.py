from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import conserved, context, drops, instructions
from tunec.runtime.operator import OperatorError
from tunec.runtime.ops.stages.mix import mix
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
    assert outcome.notes == ("the shares allow 5 of the 100 rows that were asked for without repeating one",)


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


def test_one_way_to_say_the_shares() -> None:
    with pytest.raises(OperatorError, match="one of"):
        mix(instructions(["x"]), shares={}, ctx=context())


@given(
    st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(1, 30), st.integers(1, 9)), min_size=1),
    st.one_of(st.none(), st.integers(0, 60)),
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
