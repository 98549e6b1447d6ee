"""`extract`: questions and answers from documents."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.building import build, rows
from tests.generating import answer, with_the_bundled_model, work
from tests.serving import serving
from tunec.runtime.base.operator import OperatorError
from tunec.runtime.base.values import ModelSpec
from tunec.runtime.ops.methods.extract import SCHEMA, extract

MODEL = ModelSpec("openai", "m", "", "http://localhost:1/v1")
TEXT = "# Boiler\nThe boiler needs water. Refill it when the gauge\nreads below 1 bar.\n# Pump\nThe pump runs at night."


def seeds(text: str = TEXT) -> pl.DataFrame:
    return pl.DataFrame({"id": ["d0"], "text": [text]})


def said(*pairs: tuple[str, str, str]) -> str:
    keys = ("question", "answer", "quote")
    return json.dumps({"pairs": [dict(zip(keys, pair, strict=True)) for pair in pairs]}, ensure_ascii=False)


REFILL = ("When is a boiler refilled?", "Below 1 bar.", "Refill it when the gauge reads below 1 bar.")
NIGHT = ("When does the pump run?", "At night.", "The pump runs at night.")


def test_questions_are_spread_over_the_sections() -> None:
    made = work(extract(MODEL, per_document=3), seeds(), [said(REFILL), said(NIGHT)])
    first, second = (request.prompt[0].content for request in made.asks[0].requests)
    assert "write 2 questions" in first and "# Boiler" in first and "# Pump" not in first
    assert "write 1 questions" in second and "# Pump" in second
    assert all(request.schema == SCHEMA for request in made.asks[0].requests)
    assert [row.fields["instruction"] for row in made.rows] == [REFILL[0], NIGHT[0]]
    assert made.rows[0].fields == {"instruction": REFILL[0], "input": "", "response": "Below 1 bar.", "system": ""}
    assert made.rows[0].parents == ("d0",) and made.rows[0].more == {"quote": REFILL[2]}


def test_the_passage_may_be_the_input() -> None:
    made = work(extract(MODEL, per_document=2, context=True), seeds(), [said(REFILL), said(NIGHT)])
    assert made.rows[1].fields["input"] == "# Pump\nThe pump runs at night."


def test_more_sections_than_questions() -> None:
    many = "\n".join(f"# Part {n}\nText {n}." for n in range(9))
    made = work(extract(MODEL, per_document=3), seeds(many), [said()] * 3)
    asked = [request.prompt[0].content for request in made.asks[0].requests]
    assert [f"# Part {n}\n" in text for n, text in zip((0, 3, 6), asked, strict=True)] == [True] * 3


@pytest.mark.parametrize(
    ("pair", "rule"),
    [
        (("When is it refilled?", "Weekly.", "Refill it weekly."), "quote in the passage"),
        (("When is it refilled?", "Weekly.", ""), "quote in the passage"),
        (("What does the passage say?", "Water.", "The boiler needs water."), "question that stands alone"),
        ((" ", "Water.", "The boiler needs water."), "question and answer"),
    ],
)
def test_pairs_that_do_not_rest_on_the_text(pair: tuple[str, str, str], rule: str) -> None:
    made = work(extract(MODEL, per_document=1, size=80), seeds("The boiler needs water."), [said(pair)])
    assert [r.rule for r in made.rejected] == [rule] and not made.rows


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("no JSON", "there is no JSON in it"),
        (answer('{"pairs": [{"que', "length"), "cut at max_tokens"),
        ('{"pairs": [{"question": "a"}]}', "pairs[0]: 'answer' is a required property"),
    ],
)
def test_answers_that_cannot_be_read(reply: str, value: str) -> None:
    (rejected,) = work(extract(MODEL, per_document=1), seeds("Water."), [reply]).rejected
    assert (rejected.rule, rejected.value) == ("pairs as JSON", value)


def test_json_in_a_fence_after_thoughts() -> None:
    fenced = f"<think>hm {{ }}</think>\nHere you are:\n```json\n{said(NIGHT)}\n```"
    assert len(work(extract(MODEL, per_document=1), seeds("The pump runs at night."), [fenced]).rows) == 1


def test_more_pairs_than_asked_for() -> None:
    made = work(extract(MODEL, per_document=1), seeds("The pump runs at night."), [said(NIGHT, NIGHT)])
    assert len(made.rows) == 1 and made.rejected[0].rule == "questions asked for"


def test_chinese() -> None:
    text = "锅炉需要水。压力低于1巴时请加水。"
    pair = ("什么时候给锅炉加水？", "压力低于1巴时。", "压力低于1巴时请加水。")
    made = work(extract(MODEL, per_document=1), seeds(text), [said(pair)])
    assert made.rows[0].fields["response"] == "压力低于1巴时。"
    assert made.asks[0].requests[0].prompt[0].content.startswith("请阅读下面的段落，写出1个")
    about = ("文中说了什么？", "水", "锅炉需要水。")
    assert work(extract(MODEL, per_document=1), seeds(text), [said(about)]).rejected[0].value == "文中"


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(OperatorError, match="per_document"):
        extract(MODEL, per_document=0)
    assert work(extract(MODEL), seeds(" "), []).rejected[0].rule == "a text"


def test_a_server_is_asked_for_the_schema_and_again_where_it_is_broken(tmp_path: Path) -> None:
    with serving(say=lambda body: said(NIGHT), faults={"schema": 1.0}) as served:
        text = f"""
spec s(version: "1.0.0-dev")
source d = rows([{{text: "The pump runs at night.", page: 7}}])
model teacher = openai("m", base_url: "{served.url}")
generate asked from d {{
    extract(teacher, per_document: 1)
    filter {{ keep contains(meta.quote, "night") }}
}}
dataset out from asked {{ filter {{ keep meta.page == 7 and chars(meta.quote) > 3 }} }}
"""
        built = build(tmp_path, text)
    assert not built.problems
    assert rows(built, "out").select("instruction", "meta.quote", "meta.page").row(0) == (NIGHT[0], NIGHT[2], 7)
    assert len(served.bodies) == 3
    assert served.bodies[0]["response_format"]["json_schema"]["schema"] == json.loads(SCHEMA)
    assert served.bodies[1]["messages"][-1]["content"].startswith("Your last answer cannot be used: the value:")


@pytest.mark.model
def test_the_bundled_model(tmp_path: Path) -> None:
    with_the_bundled_model(tmp_path, "extract(base, per_document: 1)", seeds="documents")
