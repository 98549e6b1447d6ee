"""`backtranslate`: the instruction that a text answers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.generating import answer, with_the_bundled_model, work
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.methods.backtranslate import backtranslate

MODEL = ModelSpec("openai", "m", "", "http://localhost:1/v1", (("temperature", 0.7),))
JUDGE = ModelSpec("openai", "j", "", "http://localhost:1/v1")
TEXT = "Bread rises because yeast makes gas."


def seeds(text: str = TEXT) -> pl.DataFrame:
    return pl.DataFrame({"id": ["t0"], "text": [text]})


def test_a_text_becomes_a_response() -> None:
    made = work(backtranslate(MODEL), seeds(), ["Instruction: Why does bread rise?"])
    assert len(made.asks) == 1
    (row,) = made.rows
    assert row.fields == {"instruction": "Why does bread rise?", "input": "", "response": TEXT, "system": ""}
    assert row.parents == ("t0",)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Fits well.\nScore: 5", True),
        ("Score: 4", True),
        ("Vague.\nScore: 3", False),
        ("No idea.", False),
        ("Score: 9", False),
    ],
)
def test_pairs_are_rated(said: str, kept: bool) -> None:
    method = backtranslate(MODEL, at_least=4, judge=JUDGE)
    assert method.models == (MODEL, JUDGE) and method.most == 2
    made = work(method, seeds(), ["Why does bread rise?", said])
    assert [ask.model for ask in made.asks] == [MODEL, JUDGE]
    assert made.asks[1].sampling.temperature == 0
    assert len(made.rows) == kept
    assert kept or made.rejected[0].rule == "rating >= 4"
    assert not kept or made.rows[0].more == {"rating": float(said[-1])}


def test_chinese() -> None:
    answers = ["问题：面包为什么会发起来？", "切题。\n得分：４"]
    made = work(backtranslate(MODEL, at_least=4), seeds("面包会发起来，是因为酵母产生气体。"), answers)
    assert made.rows[0].fields["instruction"] == "面包为什么会发起来？"
    for ask, begin in zip(made.asks, ["下面是一段文字。", "请评价这个回答"], strict=True):
        (message,) = ask.requests[0].prompt
        assert not isinstance(message, str) and message.content.startswith(begin)


def test_what_is_no_instruction() -> None:
    assert work(backtranslate(MODEL), seeds(), ["  "]).rejected[0].value == "nothing"
    assert work(backtranslate(MODEL), seeds(), [answer("Why", "length")]).rejected[0].value == "cut at max_tokens"
    assert work(backtranslate(MODEL), seeds(" "), []).rejected[0].rule == "a text"


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(OperatorError, match="at_least"):
        backtranslate(MODEL, at_least=6)
    with pytest.raises(OperatorError, match="judge"):
        backtranslate(MODEL, judge=JUDGE)


@pytest.mark.model
def test_the_bundled_model(tmp_path: Path) -> None:
    with_the_bundled_model(tmp_path, "backtranslate(base, at_least: 1)", seeds="documents")
