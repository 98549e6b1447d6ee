from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.building import build, rows
from tests.characters import ANY
from tests.ops.material import MANY, instructions
from tunec.runtime.base.operator import OperatorError
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
@given(st.lists(st.tuples(st.text(ANY, max_size=4), st.text("a中", max_size=4)), max_size=6))
def test_other_fields_stay(pairs: list[tuple[str, str]]) -> None:
    before = instructions([p for p, _ in pairs], [r for _, r in pairs])
    new = pl.Series([len(p) for p, _ in pairs], dtype=pl.Int64)
    outcome = set_(before, fields={"response": before["instruction"], "meta.n": new})
    assert outcome.rows.drop("response", "meta.n").equals(before.drop("response"))
    assert outcome.rows.select("response", "meta.n").rows() == [(p, len(p)) for p, _ in pairs]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ('completion: "x"', "`completion` holds messages or tools and cannot be set"),
        ('tools: "x"', "`tools` holds messages or tools and cannot be set"),
        ("completion: text", "`completion` holds messages or tools and cannot be set"),
        ("messages: messages", "`messages` holds messages or tools and cannot be set"),
        ("response: strip(response)", "`response` is computed from the row and cannot be set"),
        ('text: "x"', "`text` is computed from the row and cannot be set"),
        ('label: "x"', "`label`: expected bool, found text"),
        ("label: none", "`label`: expected bool, found none"),
    ],
)
def test_what_cannot_be_set(tmp_path: Path, field: str, said: str) -> None:
    (tmp_path / "s.jsonl").write_text('{"prompt": "p", "completion": "c", "label": true}\n', encoding="utf-8")
    done = build(tmp_path, f'source s = jsonl("s.jsonl", format: kto)\ndataset d from s {{ set({field}) }}\n')
    assert [p.message for p in done.problems] == [said]


def test_values_of_another_type(tmp_path: Path) -> None:
    before = instructions(["ask"], ["answer"])
    with pytest.raises(OperatorError, match="`response` holds String, and the new values are Int64"):
        set_(before, fields={"response": pl.Series([1])})
    assert set_(before, fields={"response": pl.Series([None])}).rows.schema == before.schema
