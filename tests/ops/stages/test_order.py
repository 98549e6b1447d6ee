from __future__ import annotations

from tests.ops.material import conserved, context, drops, instructions
from tunec.runtime.ops.stages.limit import limit
from tunec.runtime.ops.stages.shuffle import shuffle


def test_limit_keeps_the_first_rows() -> None:
    rows = instructions(["a", "b", "c"])
    outcome = limit(rows, 1)
    assert outcome.rows["id"].to_list() == ["r0"]
    assert drops(outcome) == [(1, "limit(1)", "2", "<= 1", None), (2, "limit(1)", "3", "<= 1", None)]
    conserved(rows, outcome)
    assert limit(rows, 5).rows.equals(rows)


def test_shuffle_keeps_every_row() -> None:
    rows = instructions([f"t{n}" for n in range(50)])
    outcome = shuffle(rows, ctx=context())
    assert outcome.rows["id"].to_list() != rows["id"].to_list()
    assert outcome.rows.sort("position").equals(rows)


def test_the_order_of_two_rows_depends_on_nothing_else() -> None:
    rows = instructions([f"t{n}" for n in range(50)])
    whole = shuffle(rows, ctx=context()).rows["id"].to_list()
    fewer = shuffle(rows[::-1].filter(rows["position"] % 3 != 0), ctx=context()).rows["id"].to_list()
    assert fewer == [i for i in whole if i in set(fewer)]
    assert shuffle(rows, ctx=context(8)).rows["id"].to_list() != whole
