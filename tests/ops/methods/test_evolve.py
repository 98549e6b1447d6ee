"""`evolve`: more demanding instructions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from tests.generating import answer, first_request, with_the_bundled_model, work
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.methods.evolve import evolve

MODEL = ModelSpec("openai", "m", "", "http://localhost:1/v1", (("temperature", 0.7),))


def seeds(instruction: str = "Name a tree.") -> pl.DataFrame:
    return pl.DataFrame(
        {"id": ["r0"], "instruction": [instruction], "input": [""], "response": ["Oak."], "system": [""]}
    )


def test_a_round_rewrites_compares_and_answers() -> None:
    made = work(evolve(MODEL), seeds(), ["Name a tree that grows in salt water.", "Not equal", "The mangrove."])
    (row,) = made.rows
    assert row.fields["instruction"] == "Name a tree that grows in salt water."
    assert row.fields["response"] == "The mangrove." and row.parents == ("r0",)
    rewrite, compare, respond = (ask.requests[0].prompt[0] for ask in made.asks)
    assert "Name a tree." in rewrite.content and "Second instruction:\nName a tree that" in compare.content
    assert respond.content == "Name a tree that grows in salt water."
    assert [ask.sampling.temperature for ask in made.asks] == [0.7, 0, 0.7]


def test_rounds_build_on_what_succeeded() -> None:
    said = ["A?", "not equal", "One.", "B?", "Equal", "C?", "Not equal", "Three."]
    made = work(evolve(MODEL, rounds=3), seeds(), said)
    assert [row.fields["instruction"] for row in made.rows] == ["A?", "C?"]
    assert [(r.rule, r.value) for r in made.rejected] == [("new", "equal")]
    third = made.asks[5].requests[0].prompt[0].content
    assert third.endswith("\nA?"), "a failed round is not built on"


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        (["Rewrite the given instruction: name a tree"], "words of the prompt"),
        ([answer("Name a", "length")], "complete"),
        (["Name an oak.", "Equal."], "new"),
        (["Name an oak.", "Not equal", "Sorry, I can't."], "answer"),
        (["Name an oak.", "Not equal", "…!"], "answer"),
        (["Name an oak.", "Not equal", "It is the."], "answer"),
        (["Name an oak.", "Not equal", answer("Qu", "length")], "complete"),
        ([answer("", "failed", reason="an empty answer")], "answer"),
    ],
)
def test_rounds_that_fail(said: list[str], rule: str) -> None:
    made = work(evolve(MODEL), seeds(), said)
    assert not made.rows and made.rejected[0].rule == rule


def test_a_long_answer_may_say_sorry() -> None:
    made = work(evolve(MODEL), seeds(), ["Write an apology.", "Not equal", "I am sorry. " * 40])
    assert len(made.rows) == 1


def test_chinese() -> None:
    made = work(evolve(MODEL), seeds("写一首诗。"), ["写一首押韵的诗。", "不同", "春眠不觉晓"])
    assert made.rows[0].fields["response"] == "春眠不觉晓"
    assert work(evolve(MODEL), seeds("写一首诗。"), ["作一首诗。", "相同"]).rejected[0].rule == "new"
    excuse = work(evolve(MODEL), seeds("写一首诗。"), ["写一首押韵的诗。", "不同", "对不起，我不会写诗。"])
    assert excuse.rejected[0].value == "an excuse"
    letter = work(evolve(MODEL), seeds("写一首诗。"), ["写一封道歉信。", "不同", "对不起，我来晚了。" * 12])
    assert len(letter.rows) == 1, "a long answer may say sorry"
    assert "给出的指令：\n写一首诗。" in made.asks[0].requests[0].prompt[0].content


def test_every_operation_is_drawn() -> None:
    many = pl.concat([seeds()] * 120)
    prompts = Counter(str(first_request(evolve(MODEL), many, number).prompt[0]) for number in range(120))
    assert len(prompts) == 6 and min(prompts.values()) > 6


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(OperatorError, match="rounds"):
        evolve(MODEL, rounds=0)
    assert work(evolve(MODEL), seeds(" "), []).rejected[0].rule == "an instruction"


@pytest.mark.model
def test_the_bundled_model(tmp_path: Path) -> None:
    with_the_bundled_model(tmp_path, "evolve(base)")
