from __future__ import annotations

from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build, rows
from tests.ops.material import MANY, instructions
from tunec.runtime.ops.stages.set import set as set_


def test_fields_see_the_row_as_it_was() -> None:
    before = instructions(["ask", "问"], ["answer", "答"])
    swapped = set_(before, fields={"instruction": before["response"], "response": before["instruction"]})
    assert swapped.rows.select("instruction", "response").rows() == [("answer", "ask"), ("答", "问")]
    assert swapped.rows.columns == before.columns
    assert swapped.drops.height == 0


def test_in_a_spec(tmp_path: Path) -> None:
    text = """
source s = rows([{instruction: " Say hello. ", response: "Hello!"}, {instruction: "你好吗？ ", response: "好"}])
dataset out from s { set(instruction: strip(instruction), response: concat(instruction, response),
                         meta.length: chars(instruction)) }
"""
    found = rows(build(tmp_path, text), "out")
    assert found.select("instruction", "response", "meta.length").rows() == [
        ("Say hello.", " Say hello. Hello!", 12),
        ("你好吗？", "你好吗？ 好", 5),
    ]


@MANY
@given(st.lists(st.tuples(st.text(max_size=4), st.text("a中", max_size=4)), max_size=6))
def test_other_fields_stay(pairs: list[tuple[str, str]]) -> None:
    before = instructions([p for p, _ in pairs], [r for _, r in pairs])
    new = pl.Series([len(p) for p, _ in pairs], dtype=pl.Int64)
    outcome = set_(before, fields={"response": before["instruction"], "meta.n": new})
    assert outcome.rows.drop("response", "meta.n").equals(before.drop("response"))
    assert outcome.rows.select("response", "meta.n").rows() == [(p, len(p)) for p, _ in pairs]
