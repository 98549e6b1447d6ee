from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.ops.material import MANY, conserved, drops, instructions
from tunec.runtime.ops.stages.limit import limit


def test_the_first_rows_stay() -> None:
    rows = instructions(["Say a.", "说二。", "Say c."])
    outcome = limit(rows, 1)
    assert outcome.rows["instruction"].to_list() == ["Say a."]
    assert drops(outcome) == [(1, "limit(1)", "2", "<= 1", None), (2, "limit(1)", "3", "<= 1", None)]
    assert limit(rows, 3).rows.equals(rows)
    assert limit(rows, 0).rows.height == 0


@MANY
@given(st.lists(st.text("a中", max_size=2), max_size=6), st.integers(0, 8))
def test_rows_and_reasons(prompts: list[str], count: int) -> None:
    rows = instructions(prompts)
    outcome = limit(rows, count)
    conserved(rows, outcome)
    assert outcome.rows["instruction"].to_list() == prompts[:count]
    assert [d[:3] for d in drops(outcome)] == [
        (n, f"limit({count})", str(n + 1)) for n in range(len(prompts)) if n >= count
    ]
