"""`paraphrase`: instructions in other words."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.generating import answer, with_the_bundled_model, work
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.methods.paraphrase import paraphrase

MODEL = ModelSpec("openai", "m", "", "http://localhost:1/v1")


def seeds(*instructions: str) -> pl.DataFrame:
    many = len(instructions)
    return pl.DataFrame(
        {
            "id": [f"r{n}" for n in range(many)],
            "instruction": instructions,
            "input": ["given"] * many,
            "response": ["answer"] * many,
            "system": [""] * many,
        }
    )


def test_the_instruction_changes_and_the_rest_stays() -> None:
    made = work(
        paraphrase(MODEL), seeds("List 3 primary colours."), ['Rewritten instruction: "Name 3 primary colours."']
    )
    (row,) = made.rows
    assert row.fields == {
        "instruction": "Name 3 primary colours.",
        "input": "given",
        "response": "answer",
        "system": "",
    }
    assert row.parents == ("r0",)
    (message,) = made.asks[0].requests[0].prompt
    assert not isinstance(message, str) and message.content.startswith("Rewrite the instruction below")
    assert message.content.endswith("Instruction:\nList 3 primary colours.")


def test_chinese_is_asked_for_in_chinese() -> None:
    made = work(paraphrase(MODEL), seeds("用{JSON}列出3种颜色。"), ["指令：请以{JSON}给出3种颜色。"])
    (message,) = made.asks[0].requests[0].prompt
    assert not isinstance(message, str) and message.content.startswith("请用不同的说法改写下面的指令。")
    assert "用{JSON}列出3种颜色。" in message.content
    assert made.rows[0].fields["instruction"] == "请以{JSON}给出3种颜色。"


@pytest.mark.parametrize(
    ("said", "rule", "value"),
    [
        ("list 3 PRIMARY colours", "other words", "the same"),
        ("Name some primary colours.", "numbers kept", "without 3"),
        (answer("Name 3", "length"), "complete", "cut at max_tokens"),
        (answer("", "failed", reason="an empty answer, 6 times"), "answer", "an empty answer, 6 times"),
    ],
)
def test_what_is_no_variant(said: str, rule: str, value: str) -> None:
    (rejected,) = work(paraphrase(MODEL), seeds("List 3 primary colours."), [said]).rejected
    assert (rejected.rule, rejected.value, rejected.parents) == (rule, value, ("r0",))


def test_variants_differ_from_each_other() -> None:
    said = ["Name 3 primary colours.", "Name 3 primary colours!", "Which are the 3 primary colours?"]
    made = work(paraphrase(MODEL, variants=3), seeds("List 3 primary colours."), said)
    assert [row.fields["instruction"] for row in made.rows] == [said[0], said[2]]
    assert [r.sample for r in made.asks[0].requests] == [0, 1, 2]


def test_rows_without_an_instruction() -> None:
    made = work(paraphrase(MODEL), seeds(" "), [])
    assert not made.asks and made.rejected[0].rule == "an instruction"
    with pytest.raises(OperatorError, match="variants"):
        paraphrase(MODEL, variants=0)


@pytest.mark.model
def test_the_bundled_model(tmp_path: Path) -> None:
    with_the_bundled_model(tmp_path, "paraphrase(base, variants: 2)")
