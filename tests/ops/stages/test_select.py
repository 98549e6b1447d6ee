from __future__ import annotations

import pytest

from tests.ops.material import bound, conserved, drops, instructions
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.ops.select.top import top
from tunec.runtime.ops.stages.select import select

TOP = bound("top(score)", lambda rows, count: top(rows["score"], count=count))


def test_chosen_rows_keep_their_order() -> None:
    rows = instructions(["a", "b", "c", "d", "e"], score=[1.0, 5.0, 2.0, 4.0, 3.0])
    outcome = select(rows, 3, by=TOP)
    assert outcome.rows["id"].to_list() == ["r1", "r3", "r4"]
    assert drops(outcome) == [
        (0, "top(score)", "not chosen", "3 rows", None),
        (2, "top(score)", "not chosen", "3 rows", None),
    ]
    conserved(rows, outcome)


def test_fewer_rows_than_asked_for() -> None:
    rows = instructions(["a", "b"], score=[1.0, 2.0])
    outcome = select(rows, 3, by=TOP)
    assert outcome.rows.equals(rows)
    assert outcome.notes == ("3 rows were requested, but there are only 2",)
    assert select(rows, 2, by=TOP, exactly=True).notes == ()
    with pytest.raises(OperatorError, match="3 rows were requested, but there are only 2"):
        select(rows, 3, by=TOP, exactly=True)
